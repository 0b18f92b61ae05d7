//! What `/stock/:sku/adjustments` is to those who call it.

use serde_json::json;
use tradepost_catalog::Sku;
use tradepost_inventory::{Adjustment, Stock};
use tradepost_problem::Code;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    let adjust = Operation::post("adjust_stock", "Writes down pieces that were counted, received or lost")
        .scope("stock:write")
        .body::<Adjustment>()
        .answer(Answer::json::<Stock>(201, "How much there is now.").headers(&["Location"]))
        .idempotent()
        .problems(&[Code::InsufficientStock, Code::StockOverflow])
        .example(
            Example::new("delivery", 201, "A delivery")
                .with("Idempotency-Key", "delivery-1")
                .json(json!({ "delta": 100, "reason": "delivery" }))
                .keeps("stocked_sku", "/data/sku"),
        )
        .example(
            Example::new("too_many", 409, "More pieces than there are")
                .json(json!({ "delta": -1000, "reason": "lost" }))
                .after("adjust_stock.delivery"),
        );
    [Route::at("/stock/:sku/adjustments", "Inventory")
        .parameter::<Sku>("sku", "The product's SKU.")
        .operation(adjust)]
}
