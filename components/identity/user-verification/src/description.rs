//! What `/users/:user_id/verification` is to those who call it.

use schemars::JsonSchema;
use serde::Serialize;
use tradepost_ids::UserId;

use crate::{Answer, Caller, Example, Operation, Route};

/// What became of the wish.
#[derive(Serialize, JsonSchema)]
struct Verification {
    /// `sent` or `verified`.
    status: String,
}

pub(crate) fn routes() -> [Route; 1] {
    let ask = Operation::post("ask_for_verification", "Has a token sent by which a user shows that mail reaches him")
        .text("For oneself; for staff with the scope `users:write`, for anybody.")
        .identified()
        .answer(Answer::json::<Verification>(200, "It is known already that mail reaches him."))
        .answer(Answer::json::<Verification>(202, "The token is on its way, or was sent a moment ago."))
        .example(Example::new("sent", 202, "A token is sent").by(Caller::Bearer("access_token")));
    [Route::at("/users/:user_id/verification", "Identity").parameter::<UserId>("user_id", "The user.").operation(ask)]
}
