//! What `/orders/:order_id/cancellation` is to those who call it.

use serde_json::json;
use tradepost_events::ordering::Order;
use tradepost_ids::OrderId;
use tradepost_ordering::Explanation;
use tradepost_problem::Code;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    let cancel = Operation::post("cancel_order", "Calls off what is open of an order")
        .text("Whoever may see an order may call it off. If it was paid, that is given back.")
        .body::<Explanation>()
        .answer(Answer::json::<Order>(200, "The order as it is now.").headers(&["ETag"]))
        .idempotent()
        .problems(&[Code::IllegalTransition, Code::Conflict])
        .example(
            Example::new("cancelled", 200, "Ordered by mistake")
                .with("order_id", "$cancelled_id")
                .json(json!({ "reason": "Ordered by mistake" })),
        )
        .example(
            Example::new("too_late", 409, "It has been called off already")
                .with("order_id", "$cancelled_id")
                .json(json!({}))
                .after("cancel_order.cancelled"),
        );
    [Route::at("/orders/:order_id/cancellation", "Ordering")
        .parameter::<OrderId>("order_id", "The order.")
        .operation(cancel)]
}
