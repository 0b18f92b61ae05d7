//! What `/users/:user_id/password` is to those who call it.

use schemars::JsonSchema;
use serde_json::json;
use tradepost_identity::{NewPassword, ShownPassword};
use tradepost_ids::UserId;
use tradepost_problem::Code;

use crate::{Answer, Caller, Example, Operation, Route};

/// Somebody who knows his password sets another one.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct PasswordChange {
    /// Until now.
    current_password: ShownPassword,
    /// From now on.
    new_password: NewPassword,
}

pub(crate) fn routes() -> [Route; 1] {
    let change = Operation::post("change_password", "Sets another password")
        .text("One's own, and nobody else's. All of one's sessions but this one end.")
        .identified()
        .body::<PasswordChange>()
        .answer(Answer::empty(204, "It is set."))
        .idempotent()
        .problems(&[Code::Forbidden])
        .example(
            Example::new("wrong", 403, "The current password is another one")
                .by(Caller::Bearer("access_token"))
                .json(json!({ "current_password": "a wrong guess", "new_password": "an analytical engine" })),
        )
        .example(
            Example::new("changed", 204, "Another password")
                .by(Caller::Bearer("access_token"))
                .json(json!({ "current_password": "a difference of engines", "new_password": "an analytical engine" }))
                .after("change_password.wrong")
                .after("refresh_session.refreshed"),
        );
    [Route::at("/users/:user_id/password", "Identity").parameter::<UserId>("user_id", "The user.").operation(change)]
}
