//! What `/orders/:order_id/fulfilments` is to those who call it.

use serde_json::json;
use tradepost_events::ordering::Fulfilment;
use tradepost_ids::{FulfilmentId, OrderId};
use tradepost_ordering::RequestedPieces;
use tradepost_problem::Code;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    let fulfil = Operation::post("fulfil_order", "Writes down pieces that were sent")
        .scope("orders:write")
        .body::<RequestedPieces>()
        .answer(Answer::json::<Fulfilment>(201, "What was sent.").headers(&["Location"]))
        .idempotent()
        .problems(&[Code::IllegalTransition, Code::NotThatMany, Code::Conflict])
        .example(
            Example::new("sent", 201, "A parcel with one piece")
                .json(json!({ "lines": [{ "sku": "$stocked_sku", "quantity": 1 }], "tracking": "1Z999AA10123456784" }))
                .after("get_order.shown")
                .after("list_order_events.shown")
                .keeps("fulfilment_id", "/data/id"),
        )
        .example(
            Example::new("too_many", 422, "More pieces than are open")
                .json(json!({ "lines": [{ "sku": "$stocked_sku", "quantity": 50 }] })),
        );
    let list = Operation::get("list_fulfilments", "Lists what was sent of an order")
        .text("Newest first.")
        .scope("orders:read")
        .list::<FulfilmentId, Fulfilment>("A page of parcels.")
        .example(Example::new("sent", 200, "One parcel").after("fulfil_order.sent"));
    [Route::at("/orders/:order_id/fulfilments", "Ordering")
        .parameter::<OrderId>("order_id", "The order.")
        .operation(fulfil)
        .operation(list)]
}
