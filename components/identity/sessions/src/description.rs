//! What `/sessions` is to those who call it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tradepost_identity::{EmailAddress, ShownPassword};
use tradepost_problem::Code;

use crate::{Answer, Caller, Example, Operation, Route};

/// What somebody shows to log in.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Login {
    /// Whose account it is to be.
    email: EmailAddress,
    /// Its password.
    password: ShownPassword,
}

/// What whoever is logged in gets (RFC 6749, section 5.1).
#[derive(Serialize, JsonSchema)]
struct Tokens {
    /// A JWT (RFC 9068), to be sent as `Authorization: Bearer …`.
    access_token: String,
    /// `Bearer`.
    token_type: String,
    /// Until the access token expires, in seconds.
    expires_in: i64,
    /// What is exchanged for new tokens; good once.
    refresh_token: String,
}

pub(crate) fn routes() -> [Route; 1] {
    let log_in = Operation::post("log_in", "Logs in")
        .text(
            "Whether nobody has the address or the password is wrong, the answer is the same. Who tries too often is told to \
             wait.",
        )
        .body::<Login>()
        .answer(Answer::json::<Tokens>(201, "The tokens of a session.").headers(&["Location"]))
        .idempotent()
        .problems(&[Code::Conflict])
        .example(
            Example::new("logged_in", 201, "A user logs in")
                .json(json!({ "email": "ada@example.com", "password": "a difference of engines" }))
                .after("register_user.registered")
                .keeps("access_token", "/data/access_token")
                .keeps("refresh_token", "/data/refresh_token"),
        )
        .example(
            Example::new("again", 201, "Once more, to log out of it")
                .json(json!({ "email": "ada@example.com", "password": "a difference of engines" }))
                .after("log_in.logged_in")
                .keeps("second_token", "/data/access_token"),
        )
        .example(
            Example::new("wrong", 401, "The password is wrong")
                .json(json!({ "email": "ada@example.com", "password": "a wrong guess" }))
                .after("log_in.again"),
        );
    let log_out = Operation::delete("log_out", "Logs out")
        .text("Of the session that the access token is of; its tokens are good no more.")
        .identified()
        .answer(Answer::empty(204, "The session has ended."))
        .problems(&[Code::Forbidden])
        .example(Example::new("logged_out", 204, "A session ends").by(Caller::Bearer("second_token")))
        .example(Example::new("no_session", 403, "The operator's key is of no session"));
    [Route::at("/sessions", "Identity").operation(log_in).operation(log_out)]
}
