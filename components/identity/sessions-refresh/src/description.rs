//! What `/sessions/refresh` is to those who call it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{Answer, Example, Operation, Route};

/// What is exchanged.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Refresh {
    /// The session's refresh token.
    #[schemars(length(min = 1, max = 256))]
    refresh_token: String,
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
    let refresh = Operation::post("refresh_session", "Exchanges a refresh token for new tokens")
        .text(
            "A refresh token is good once: shown again, it ends its session. With an `Idempotency-Key` a request whose answer \
             was lost may be repeated until the new token is used.",
        )
        .body::<Refresh>()
        .answer(Answer::json::<Tokens>(200, "The new tokens."))
        .idempotent()
        .example(
            Example::new("refreshed", 200, "A session goes on")
                .with("Idempotency-Key", "refresh-1")
                .json(json!({ "refresh_token": "$refresh_token" })),
        )
        .example(
            Example::new("no_good", 401, "A token that nobody was given")
                .json(json!({ "refresh_token": "tr_not-one-that-was-given" })),
        );
    [Route::at("/sessions/refresh", "Identity").operation(refresh)]
}
