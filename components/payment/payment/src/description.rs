//! What `/payments/:payment_id` is to those who call it.

use tradepost_events::payment::Payment;
use tradepost_ids::PaymentId;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    let show = Operation::get("get_payment", "Shows a payment")
        .text("How risky it looked and what the provider calls it included. Customers see their order's `payment`.")
        .scope("payments:read")
        .answer(Answer::json::<Payment>(200, "The payment.").headers(&["ETag"]))
        .example(Example::new("shown", 200, "A payment that was captured"));
    [Route::at("/payments/:payment_id", "Payment")
        .parameter::<PaymentId>("payment_id", "The payment: `payment_` and the rest of its order's id.")
        .operation(show)]
}
