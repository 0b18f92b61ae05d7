//! What `/orders/:order_id/hold` is to those who call it.

use serde_json::json;
use tradepost_events::ordering::Order;
use tradepost_ids::OrderId;
use tradepost_ordering::Explanation;
use tradepost_problem::Code;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    let hold = Operation::post("hold_order", "Sets an order aside until somebody has looked at it")
        .scope("orders:write")
        .body::<Explanation>()
        .answer(Answer::json::<Order>(200, "The order as it is now.").headers(&["ETag"]))
        .idempotent()
        .problems(&[Code::IllegalTransition, Code::Conflict])
        .example(
            Example::new("held", 200, "The address is odd")
                .with("order_id", "$held_id")
                .json(json!({ "reason": "The address is odd" })),
        );
    let release = Operation::delete("release_order", "Lets an order go on")
        .scope("orders:write")
        .answer(Answer::json::<Order>(200, "The order as it is now.").headers(&["ETag"]))
        .problems(&[Code::IllegalTransition, Code::Conflict])
        .example(
            Example::new("released", 200, "The address is good").with("order_id", "$held_id").after("hold_order.held"),
        );
    [Route::at("/orders/:order_id/hold", "Ordering")
        .parameter::<OrderId>("order_id", "The order.")
        .operation(hold)
        .operation(release)]
}
