//! The port `stock-openings` on Postgres: the function `inventory.open_stock`.

use tradepost_postgres::{Database, Failure, Parameter, Repeat};

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::StockOpenings;

    wit_bindgen::generate!({
        inline: "
            package tradepost:stock-openings-postgres;

            world component {
                export tradepost:inventory/stock-openings@0.1.0;
            }
        ",
        path: "../../../wit/inventory",
        generate_all,
    });

    export!(StockOpenings);
}

use ports::exports::tradepost::inventory::stock_openings::{Guest, Opening, OpeningError};

const DATABASE: Database = Database::as_role("tradepost_inventory");

struct StockOpenings;

impl Guest for StockOpenings {
    async fn open(openings: Vec<Opening>) -> Result<(), OpeningError> {
        let (event_ids, skus) =
            openings.into_iter().map(|opening| (Some(opening.event_id), Some(opening.sku))).unzip();
        let statement = "SELECT FROM inventory.open_stock($1::text[]::uuid[], $2::text[])";
        let parameters = vec![Parameter::ArrayStr(event_ids), Parameter::ArrayStr(skus)];
        match DATABASE.execute(statement, parameters, Repeat::Safe).await {
            Ok(_) => Ok(()),
            Err(Failure::Unavailable(reason)) => Err(OpeningError::Unavailable(reason)),
            Err(failure) => Err(OpeningError::Other(failure.to_string())),
        }
    }
}
