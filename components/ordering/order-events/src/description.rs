//! What `/orders/:order_id/events` is to those who call it.

use tradepost_ids::OrderId;
use tradepost_ordering::AuditItem;

use crate::{Answer, Example, Operation, Page, Route};

pub(crate) fn routes() -> [Route; 1] {
    let list = Operation::get("list_order_events", "Says what happened to an order, when, and who did it")
        .text("Oldest first, and all of it.")
        .answer(Answer::json::<Page<AuditItem>>(200, "Every event of the order."))
        .example(Example::new("shown", 200, "What happened to an order that was paid"));
    [Route::at("/orders/:order_id/events", "Ordering").parameter::<OrderId>("order_id", "The order.").operation(list)]
}
