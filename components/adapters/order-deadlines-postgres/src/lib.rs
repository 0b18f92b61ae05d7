//! The port `order-deadlines` on Postgres: the table `ordering.orders`, through a role that can read nothing else.

use tradepost_postgres::{Database, Failure, Parameter, Repeat};

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Deadlines;

    wit_bindgen::generate!({
        inline: "
            package tradepost:order-deadlines-postgres;

            world component {
                export tradepost:ordering/order-deadlines@0.1.0;
            }
        ",
        path: "../../../wit/ordering",
        generate_all,
    });

    export!(Deadlines);
}

use ports::exports::tradepost::ordering::order_deadlines::{DeadlineError, Guest, Limit};

const DATABASE: Database = Database::as_role("tradepost_ordering_reader");

struct Deadlines;

impl Guest for Deadlines {
    async fn due(limits: Vec<Limit>, most: u32) -> Result<Vec<String>, DeadlineError> {
        // Each limit goes by the index of orders that have not ended, whose condition is therefore repeated here.
        let statement = "
            SELECT due.order_id
            FROM unnest($1::text[], $2::bigint[]) AS wanted (status, since),
                 LATERAL (
                     SELECT stood.order_id
                     FROM ordering.orders AS stood
                     WHERE stood.status = wanted.status
                       AND stood.status IN ('pending', 'placed', 'on_hold')
                       AND stood.status_since <= timestamptz 'epoch' + wanted.since * interval '1 microsecond'
                     ORDER BY stood.status_since
                     LIMIT $3
                 ) AS due";
        let (statuses, moments) =
            limits.into_iter().map(|limit| (Some(limit.status), Some(limit.since))).unzip();
        let parameters = vec![
            Parameter::ArrayStr(statuses),
            Parameter::ArrayInt64(moments),
            Parameter::Int64(most.into()),
        ];
        let rows = DATABASE.query(statement, parameters, Repeat::Safe).await.map_err(deadline_error)?;
        let ids = rows.into_iter().map(|mut row| row.take());
        ids.collect::<Result<_, Failure>>().map_err(deadline_error)
    }
}

fn deadline_error(failure: Failure) -> DeadlineError {
    match failure {
        Failure::Unavailable(reason) => DeadlineError::Unavailable(reason),
        failure => DeadlineError::Other(failure.to_string()),
    }
}
