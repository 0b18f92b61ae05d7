//! The port `stock-levels` on Postgres, table `inventory.stock`.

use tradepost_postgres::{Database, Failure, Parameter, Repeat};

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::StockLevels;

    wit_bindgen::generate!({
        inline: "
            package tradepost:stock-levels-postgres;

            world component {
                export tradepost:inventory/stock-levels@0.1.0;
            }
        ",
        path: "../../../wit/inventory",
        generate_all,
    });

    export!(StockLevels);
}

use ports::exports::tradepost::inventory::stock_levels::{Guest, LookupError, StockLevel};

/// May see levels and nothing else.
const DATABASE: Database = Database::as_role("tradepost_inventory_reader");

struct StockLevels;

impl Guest for StockLevels {
    async fn find(sku: String) -> Result<Option<StockLevel>, LookupError> {
        level_of(sku).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => LookupError::Unavailable(reason),
            failure => LookupError::Other(failure.to_string()),
        })
    }
}

async fn level_of(sku: String) -> Result<Option<StockLevel>, Failure> {
    // No text in Postgres has it, so nothing is kept under it.
    if sku.contains('\0') {
        return Ok(None);
    }
    let statement = "SELECT on_hand, reserved, movements FROM inventory.stock WHERE sku = $1";
    let row = DATABASE.query_optional(statement, vec![Parameter::Str(sku)], Repeat::Safe).await?;
    row.map(|mut row| {
        let (on_hand, reserved, movements): (_, _, i64) = (row.take()?, row.take()?, row.take()?);
        let version = u64::try_from(movements).map_err(|error| Failure::Other(error.to_string()))?;
        Ok(StockLevel { on_hand, reserved, version })
    })
    .transpose()
}
