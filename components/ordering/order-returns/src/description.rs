//! What `/orders/:order_id/returns` is to those who call it.

use serde_json::json;
use tradepost_events::ordering::Return;
use tradepost_ids::{OrderId, ReturnId};
use tradepost_ordering::RequestedPieces;
use tradepost_problem::Code;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    let take_back = Operation::post("return_order", "Writes down pieces that came back")
        .text("What they cost is given back.")
        .scope("orders:write")
        .body::<RequestedPieces>()
        .answer(Answer::json::<Return>(201, "What came back.").headers(&["Location"]))
        .idempotent()
        .problems(&[Code::IllegalTransition, Code::NotThatMany, Code::Conflict])
        .example(
            Example::new("came_back", 201, "The parcel came back")
                .json(json!({ "lines": [{ "sku": "$stocked_sku", "quantity": 1 }] }))
                .after("fulfil_order.sent"),
        );
    let list = Operation::get("list_returns", "Lists what came back of an order")
        .text("Newest first.")
        .scope("orders:read")
        .list::<ReturnId, Return>("A page of returns.")
        .example(Example::new("came_back", 200, "One return").after("return_order.came_back"));
    [Route::at("/orders/:order_id/returns", "Ordering")
        .parameter::<OrderId>("order_id", "The order.")
        .operation(take_back)
        .operation(list)]
}
