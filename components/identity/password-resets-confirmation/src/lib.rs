//! `POST /password-resets/confirmation`: whoever has got the token sets another password, and all of his sessions end.
//!
//! Whoever repeats a request with its `Idempotency-Key`, because its answer was lost, shows a token that has been used up. He
//! is told that it is done if the password that he asks for is the one that was set: what is kept under the key is its hash.

use tradepost_endpoint::{
    Admitted, Idempotency, Reply, endpoint, fresh_uuid, idempotency_of, key_reused, now, open,
};
use tradepost_identity::{PasswordReset, token_digest, token_not_good};
use tradepost_problem::Problem;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-password-resets-confirmation;

            world component {
                import tradepost:identity/one-time-tokens@0.1.0;
                import tradepost:identity/password-hashing@0.1.0;
                import tradepost:identity/session-views@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use ports::tradepost::identity::one_time_tokens::{
    self as tokens, Purpose, Reset, ResetOutcome, TokenError, Used,
};
use ports::tradepost::identity::password_hashing::{self as hashing, HashingError};
use ports::tradepost::identity::session_views as views;

endpoint! {
    "/password-resets/confirmation";
    POST (open().after_key_value()) => confirm,
}

async fn confirm(request: &Admitted) -> Result<Reply, Problem> {
    let body = request.json()?;
    let PasswordReset { token, password } = PasswordReset::read(&body)?;
    let idempotency = request.idempotency_but_for("password", body)?;
    let (digest, password) = (token_digest(&token).to_vec(), password.into_secret());
    // First, because a hash is dear and anybody may ask.
    let bearer = tokens::bearer(digest.clone(), Purpose::PasswordReset, now().as_micros()).await;
    if bearer.map_err(token_problem)?.is_none() {
        let used = used_before(idempotency).await?.ok_or_else(not_good)?;
        return done_before(password, used).await;
    }
    let reset = Reset {
        digest,
        phc: hashing::hash(password.clone()).await.map_err(hashing_problem)?,
        at: now().as_micros(),
        event_id: fresh_uuid().to_string(),
        traceparent: Some(request.traceparent().into()),
        idempotency: idempotency.map(|idempotency| idempotency_of!(tokens, idempotency)),
    };
    let ended = match tokens::reset_password(reset).await.map_err(token_problem)? {
        ResetOutcome::Done(ended) => ended,
        ResetOutcome::UnknownToken => return Err(not_good()),
        ResetOutcome::UsedBefore(used) => return done_before(password, used).await,
        ResetOutcome::KeyReused => return Err(key_reused()),
    };
    tradepost_relay_kick::after_response();
    if !ended.is_empty()
        && let Err(error) = views::end(ended).await
    {
        request.log(format_args!("the sessions that ended were not shown: {error:?}"));
    }
    Ok(Reply::no_content())
}

async fn used_before(idempotency: Option<Idempotency>) -> Result<Option<Used>, Problem> {
    let Some(idempotency) = idempotency else { return Ok(None) };
    let tokens::Idempotency { scope, fingerprint, .. } = idempotency_of!(tokens, idempotency);
    tokens::used_before(scope, fingerprint).await.map_err(token_problem)
}

/// What whoever repeats his request is told.
async fn done_before(password: String, used: Used) -> Result<Reply, Problem> {
    if hashing::verify(password, used.phc).await.map_err(hashing_problem)? {
        Ok(Reply::no_content().given_before())
    } else {
        Err(key_reused())
    }
}

fn not_good() -> Problem {
    Problem::validation(token_not_good())
}

fn token_problem(error: TokenError) -> Problem {
    match error {
        TokenError::Unavailable(cause) => Problem::unavailable(cause),
        TokenError::Other(cause) => Problem::internal(cause),
    }
}

fn hashing_problem(error: HashingError) -> Problem {
    match error {
        HashingError::Unavailable(cause) => Problem::unavailable(cause),
        HashingError::Other(cause) => Problem::internal(cause),
    }
}
