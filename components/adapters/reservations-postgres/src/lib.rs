//! The port `reservations` on Postgres: the functions `inventory.reserve_stock`, `inventory.settle_reservations` and
//! `inventory.expire_reservations`.

use tradepost_ids::OrderId;
use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};
use uuid::Uuid;

mod demands;
mod settlements;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Reservations;

    wit_bindgen::generate!({
        inline: "
            package tradepost:reservations-postgres;

            world component {
                export tradepost:inventory/reservations@0.1.0;
            }
        ",
        path: "../../../wit/inventory",
        generate_all,
    });

    export!(Reservations);
}

use ports::exports::tradepost::inventory::reservations::{
    Decision, Demand, Guest, ReservationError, Settled, Settlement, Sweep,
};

const DATABASE: Database = Database::as_role("tradepost_inventory");

/// The most that one call may bring.
const MOST: usize = 1_000;

struct Reservations;

impl Guest for Reservations {
    async fn reserve_all(all: Vec<Demand>, at: i64) -> Result<Vec<Decision>, ReservationError> {
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let count = at_most(all.len())?;
        let statement = "
            SELECT outcome, short::text, expires_at
            FROM inventory.reserve_stock($1::text[]::uuid[], $2::text[], $3::text[]::uuid[], $4::bigint[], $5::text[],
                                         $6::int[], $7::text[], $8::bigint[], $9::text[]::uuid[], $10)";
        let parameters = demands::parameters(all, at).map_err(ReservationError::Malformed)?;
        // An order's decision is made once, so a second run gets it.
        let rows = DATABASE.query(statement, parameters, Repeat::Safe).await;
        each(rows, count, demands::decision)
    }

    async fn settle_all(all: Vec<Settlement>, at: i64) -> Result<Vec<Settled>, ReservationError> {
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let count = at_most(all.len())?;
        let statement = "
            SELECT outcome
            FROM inventory.settle_reservations($1::text[]::uuid[], $2::text[], $3::text[], $4::text[]::jsonb[],
                                               $5::text[]::uuid[], $6::text[]::uuid[], $7::text[], $8)
            ORDER BY number";
        let parameters = settlements::parameters(all, at).map_err(ReservationError::Malformed)?;
        // Done before is done.
        let rows = DATABASE.query(statement, parameters, Repeat::Safe).await;
        each(rows, count, settlements::settled)
    }

    async fn expire_due(sweep: Sweep) -> Result<u64, ReservationError> {
        if !(1..=MOST).contains(&sweep.event_ids.len()) {
            return Err(ReservationError::Malformed("a sweep brings 1 to 1,000 event ids".to_owned()));
        }
        let ids: Result<_, _> = sweep.event_ids.iter().map(|id| uuid(id).map(|_| Some(id.clone()))).collect();
        let statement = "SELECT inventory.expire_reservations($1, $2::text[]::uuid[], $3)";
        let parameters = vec![
            Parameter::Int64(sweep.at),
            Parameter::ArrayStr(ids.map_err(ReservationError::Malformed)?),
            sweep.traceparent.map_or(Parameter::DbNull, Parameter::Str),
        ];
        // A second run would tell of other reservations under the ids that the first one has used.
        let row = DATABASE.query_optional(statement, parameters, Repeat::Never).await;
        row.and_then(|row| {
            let expired: i64 = row.ok_or_else(|| Failure::Other("no outcome".to_owned()))?.take()?;
            u64::try_from(expired).map_err(|error| Failure::Other(error.to_string()))
        })
        .map_err(failed)
    }
}

fn at_most(count: usize) -> Result<usize, ReservationError> {
    if count > MOST {
        return Err(ReservationError::Malformed("one call brings at most 1,000 orders".to_owned()));
    }
    Ok(count)
}

/// What each of the rows says; as many as there are to be.
fn each<T>(
    rows: Result<Vec<Row>, Failure>,
    count: usize,
    read: impl Fn(Row) -> Result<T, Failure>,
) -> Result<Vec<T>, ReservationError> {
    let all: Vec<T> = rows.and_then(|rows| rows.into_iter().map(read).collect()).map_err(failed)?;
    if all.len() != count {
        return Err(ReservationError::Other(format!("{} outcomes for {count} orders", all.len())));
    }
    Ok(all)
}

fn failed(failure: Failure) -> ReservationError {
    match failure {
        Failure::Unavailable(reason) => ReservationError::Unavailable(reason),
        failure => ReservationError::Other(failure.to_string()),
    }
}

fn uuid(text: &str) -> Result<Uuid, String> {
    Uuid::try_parse(text).map_err(|error| error.to_string())
}

/// The order as other contexts know it.
fn subject(order_id: &str) -> Result<String, String> {
    Ok(OrderId::from_uuid(uuid(order_id)?).to_string())
}
