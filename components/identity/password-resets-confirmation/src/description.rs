//! What `/password-resets/confirmation` is to those who call it.

use schemars::JsonSchema;
use serde_json::json;
use tradepost_identity::NewPassword;

use crate::{Answer, Example, Operation, Route};

/// Somebody sets a password with a token.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct PasswordReset {
    /// What was sent to him; good once.
    #[schemars(length(min = 1))]
    token: String,
    /// From now on.
    password: NewPassword,
}

pub(crate) fn routes() -> [Route; 1] {
    let confirm = Operation::post("reset_password", "Sets a password with a token that was sent")
        .text("All of the user's sessions end. A token that is not good is a fault of the field `token`.")
        .body::<PasswordReset>()
        .answer(Answer::empty(204, "It is set."))
        .idempotent()
        .example(
            Example::new("no_good", 400, "A token that nobody was sent")
                .json(json!({ "token": "not-one-that-was-sent", "password": "an analytical engine" })),
        );
    [Route::at("/password-resets/confirmation", "Identity").operation(confirm)]
}
