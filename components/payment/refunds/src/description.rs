//! What `/payments/:payment_id/refunds` is to those who call it.

use serde_json::json;
use tradepost_events::payment::Refund;
use tradepost_ids::{PaymentId, RefundId};
use tradepost_payment::RefundRequest;
use tradepost_problem::Code;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    let give_back = Operation::post("refund_payment", "Gives money back")
        .text("A part of what was captured, or all that is left of it.")
        .scope("payments:write")
        .body::<RefundRequest>()
        .answer(Answer::json::<Refund>(201, "The money is given back.").headers(&["Location"]))
        .answer(Answer::json::<Refund>(202, "Nobody knows yet; the payment will show it."))
        .idempotency_required()
        .problems(&[Code::RefundDeclined, Code::NotRefundable, Code::Conflict])
        .example(
            Example::new("part", 201, "Five dollars")
                .with("Idempotency-Key", "refund-1")
                .json(json!({ "amount": { "amount": 500, "currency": "USD" } }))
                .after("get_payment.shown"),
        )
        .example(
            Example::new("too_much", 422, "More than was taken")
                .with("Idempotency-Key", "refund-2")
                .json(json!({ "amount": { "amount": 9_999_999, "currency": "USD" } }))
                .after("refund_payment.part"),
        );
    let list = Operation::get("list_refunds", "Lists what was given back of a payment")
        .text("Newest first.")
        .scope("payments:read")
        .list::<RefundId, Refund>("A page of refunds.")
        .example(Example::new("part", 200, "One refund").after("refund_payment.part"));
    [Route::at("/payments/:payment_id/refunds", "Payment")
        .parameter::<PaymentId>("payment_id", "The payment: `payment_` and the rest of its order's id.")
        .operation(give_back)
        .operation(list)]
}
