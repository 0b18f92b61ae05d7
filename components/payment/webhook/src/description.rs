//! What `/payments/webhook` is to those who call it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tradepost_problem::Code;

use crate::{Answer, Example, Operation, Route};

/// What the provider tells. Members that are not described are its own affair.
#[derive(Deserialize, JsonSchema)]
#[schemars(extend("additionalProperties" = true))]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Notice {
    /// `operation.succeeded`, `operation.declined`, or something that concerns nobody here.
    r#type: String,
    /// The operation: `reference` and `order_id` are ours; `id` is the provider's name for it, and `error` says why it was
    /// declined.
    data: Value,
}

/// What became of a notice.
#[derive(Serialize, JsonSchema)]
struct Received {
    /// `recorded`, `known` or `ignored`.
    outcome: String,
}

pub(crate) fn routes() -> [Route; 1] {
    let receive = Operation::post("receive_payment_notice", "Takes what the payment provider tells by itself")
        .text("For the provider. What it may tell is in `docs/payment-provider.md`.")
        .header::<String>(
            "Payment-Signature",
            false,
            "`t=<unix seconds>,v1=<hex>`, where `v1` is HMAC-SHA256 over the seconds, a dot and the body. 401 without.",
        )
        .body::<Notice>()
        .answer(Answer::json::<Received>(200, "It was taken."))
        .problems(&[Code::BadSignature])
        .example(
            Example::new("ignored", 200, "Something that concerns nobody here")
                .with("Payment-Signature", "$payment_signature")
                .json(json!({ "type": "account.updated", "data": {} })),
        )
        .example(
            Example::new("unsigned", 401, "Somebody who is not the provider")
                .json(json!({ "type": "operation.succeeded", "data": {} })),
        );
    [Route::at("/payments/webhook", "Payment").operation(receive)]
}
