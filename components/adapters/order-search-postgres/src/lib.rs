//! The port `order-search` on Postgres, table `ordering.orders`.

use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Search;

    wit_bindgen::generate!({
        inline: "
            package tradepost:order-search-postgres;

            world component {
                export tradepost:ordering/order-search@0.1.0;
            }
        ",
        path: "../../../wit/ordering",
        generate_all,
    });

    export!(Search);
}

use ports::exports::tradepost::ordering::order_search::{Filter, Guest, Order, Part, SearchError};

/// May read and nothing else.
const DATABASE: Database = Database::as_role("tradepost_ordering_reader");

struct Search;

impl Guest for Search {
    async fn search(filter: Filter, part: Part, most: u32) -> Result<Vec<Order>, SearchError> {
        search(filter, part, most).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => SearchError::Unavailable(reason),
            failure => SearchError::Other(failure.to_string()),
        })
    }
}

/// A statement for each combination of what is asked for: one that suited them all would be planned for none of them.
async fn search(filter: Filter, part: Part, most: u32) -> Result<Vec<Order>, Failure> {
    let mut parameters = vec![Parameter::Int64(most.into())];
    let mut conditions = vec!["true".to_owned()];
    let mut also = |condition: &str, parameter| {
        parameters.push(parameter);
        conditions.push(format!("{condition} ${}", parameters.len()));
    };
    if let Some(customer) = filter.customer {
        also("customer =", Parameter::Uuid(customer));
    }
    if let Some(status) = filter.status {
        also("status =", Parameter::Str(status));
    }
    let direction = match part {
        Part::Beginning => "DESC",
        Part::After(id) => {
            also("order_id <", Parameter::Uuid(id));
            "DESC"
        }
        Part::Before(id) => {
            also("order_id >", Parameter::Uuid(id));
            "ASC"
        }
    };
    let statement = format!(
        "SELECT order_id, view::text FROM ordering.orders WHERE {} ORDER BY order_id {direction} LIMIT $1",
        conditions.join(" AND "),
    );
    let rows = DATABASE.query(&statement, parameters, Repeat::Safe).await?;
    let mut orders = rows.into_iter().map(order_of).collect::<Result<Vec<_>, _>>()?;
    if direction == "ASC" {
        orders.reverse();
    }
    Ok(orders)
}

fn order_of(mut row: Row) -> Result<Order, Failure> {
    Ok(Order { id: row.take()?, view: row.take::<String>()?.into_bytes() })
}
