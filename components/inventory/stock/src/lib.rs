//! `GET /stock/:sku`: how much there is of a SKU, and how much of that is promised.
//!
//! A product has a level as soon as its event has come here. Who asks before that has the event fetched.

use tradepost_catalog::Sku;
use tradepost_endpoint::{Admitted, Reply, Scope, endpoint, staff};
use tradepost_inventory::{Stock, StockLevel};
use tradepost_problem::Problem;
use tradepost_relay_kick::until_found;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:inventory-stock;

            world component {
                import tradepost:inventory/stock-levels@0.1.0;
            }
        ",
        path: "../../../wit/inventory",
        generate_all,
    });
}

use ports::tradepost::inventory::stock_levels::{self, LookupError};

endpoint! {
    "/stock/:sku";
    GET (staff(Scope::StockRead)) => show,
}

async fn show(request: &Admitted) -> Result<Reply, Problem> {
    let sku: Sku =
        request.path_parameter("sku").and_then(|sku| sku.parse().ok()).ok_or_else(sku_not_found)?;
    let found = until_found(async || stock_levels::find(sku.as_str().to_owned()).await).await;
    let level = found.map_err(|error| match error {
        LookupError::Unavailable(cause) => Problem::unavailable(cause),
        LookupError::Other(cause) => Problem::internal(cause),
    })?;
    let found = level.ok_or_else(sku_not_found)?;

    let level = StockLevel::new(found.on_hand, found.reserved)
        .ok_or_else(|| Problem::internal("the store's level is none"))?;
    Ok(Reply::ok(&Stock::new(sku.into_string(), level))?.etag(found.version))
}

/// A malformed SKU is the SKU of nothing.
fn sku_not_found() -> Problem {
    Problem::not_found("SKU not found")
}
