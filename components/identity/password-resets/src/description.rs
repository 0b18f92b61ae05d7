//! What `/password-resets` is to those who call it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tradepost_identity::EmailAddress;

use crate::{Answer, Example, Operation, Route};

/// Somebody has forgotten his password.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct ResetWish {
    /// Whose.
    email: EmailAddress,
}

/// The wish was heard.
#[derive(Serialize, JsonSchema)]
struct Accepted {
    /// `accepted`.
    status: String,
}

pub(crate) fn routes() -> [Route; 1] {
    let ask = Operation::post("ask_for_password_reset", "Has a token sent by which a forgotten password is replaced")
        .text("Answered the same whether anybody has the address or not.")
        .body::<ResetWish>()
        .answer(Answer::json::<Accepted>(202, "If somebody has the address, a token is on its way."))
        .example(Example::new("asked", 202, "Somebody has forgotten it").json(json!({ "email": "nobody@example.com" })));
    [Route::at("/password-resets", "Identity").operation(ask)]
}
