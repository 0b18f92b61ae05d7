//! What `/orders/:order_id` is to those who call it.

use tradepost_events::ordering::Order;
use tradepost_ids::OrderId;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    let show = Operation::get("get_order", "Shows an order")
        .text("Somebody else's order is absent, not forbidden.")
        .answer(Answer::json::<Order>(200, "The order.").headers(&["ETag"]))
        .example(Example::new("shown", 200, "An order that was paid"));
    [Route::at("/orders/:order_id", "Ordering").parameter::<OrderId>("order_id", "The order.").operation(show)]
}
