//! What `/stock/:sku` is to those who call it.

use tradepost_catalog::Sku;
use tradepost_inventory::Stock;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    let show = Operation::get("get_stock", "Says how much there is of a SKU")
        .scope("stock:read")
        .answer(Answer::json::<Stock>(200, "How much there is, and how much of that is promised.").headers(&["ETag"]))
        .example(Example::new("shown", 200, "The bookcases").after("adjust_stock.delivery"));
    [Route::at("/stock/:sku", "Inventory").parameter::<Sku>("sku", "The product's SKU.").operation(show)]
}
