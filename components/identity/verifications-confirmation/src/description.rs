//! What `/verifications/confirmation` is to those who call it.

use schemars::JsonSchema;
use serde_json::json;
use tradepost_problem::Code;

use crate::{Answer, Example, Operation, Route};

/// Somebody shows that mail reaches him.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct VerificationWish {
    /// What was sent to him; good once.
    #[schemars(length(min = 1))]
    token: String,
}

pub(crate) fn routes() -> [Route; 1] {
    let confirm = Operation::post("verify_email", "Shows by a token that mail reaches a user")
        .text("A token that is not good is a fault of the field `token`.")
        .body::<VerificationWish>()
        .answer(Answer::empty(204, "It is known."))
        .idempotent()
        .problems(&[Code::Conflict])
        .example(
            Example::new("no_good", 400, "A token that nobody was sent")
                .json(json!({ "token": "not-one-that-was-sent" })),
        );
    [Route::at("/verifications/confirmation", "Identity").operation(confirm)]
}
