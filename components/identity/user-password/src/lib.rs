//! `POST /users/:user_id/password`: somebody who knows his password sets another one, and all of his sessions but this one
//! end.
//!
//! Whoever repeats a request with its `Idempotency-Key`, because its answer was lost, shows a password that he has no more and
//! asks for the one that he has: he is told that it is done. No answer is kept for it, and no password to compare it with.

use tradepost_endpoint::{Admitted, Principal, Reply, endpoint, fresh_uuid, identified, now};
use tradepost_identity::PasswordChange;
use tradepost_ids::UserId;
use tradepost_problem::Problem;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-user-password;

            world component {
                import tradepost:identity/credentials@0.1.0;
                import tradepost:identity/password-hashing@0.1.0;
                import tradepost:identity/session-views@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use ports::tradepost::identity::credentials::{self, Change, CredentialError};
use ports::tradepost::identity::password_hashing::{self as hashing, HashingError};
use ports::tradepost::identity::session_views as views;

endpoint! {
    "/users/:user_id/password";
    POST (identified().after_key_value()) => change,
}

async fn change(request: &Admitted) -> Result<Reply, Problem> {
    let id: UserId =
        request.path_parameter("user_id").and_then(|id| id.parse().ok()).ok_or_else(user_not_found)?;
    // His own and nobody else's: staff, and whoever has forgotten his, have a new one sent.
    let Principal::User { id: own, session, .. } = request.principal() else { return Err(user_not_found()) };
    if own != id {
        return Err(user_not_found());
    }
    let body = request.json()?;
    let may_be_repeated = request.idempotency(&body)?.is_some();
    let PasswordChange { current, new } = PasswordChange::read(&body)?;

    let user_id = id.as_uuid().to_string();
    let phc = credentials::find(user_id.clone()).await.map_err(credential_problem)?;
    let (current, new) = (current.into_secret(), new.into_secret());
    if !hashing::verify(current, phc.clone()).await.map_err(hashing_problem)? {
        if may_be_repeated && hashing::verify(new, phc).await.map_err(hashing_problem)? {
            return Ok(Reply::no_content().given_before());
        }
        return Err(wrong_password());
    }
    let phc = phc.ok_or_else(wrong_password)?;
    let new_phc = hashing::hash(new).await.map_err(hashing_problem)?;
    let change = Change {
        user_id,
        phc,
        new_phc,
        session: session.map(|session| session.to_string()),
        at: now().as_micros(),
        event_id: fresh_uuid().to_string(),
        traceparent: Some(request.traceparent().into()),
    };
    // Whoever has changed it meanwhile has changed what was shown here.
    let ended = credentials::replace(change).await.map_err(credential_problem)?.ok_or_else(wrong_password)?;
    tradepost_relay_kick::after_response();
    if !ended.is_empty()
        && let Err(error) = views::end(ended).await
    {
        request.log(format_args!("the sessions that ended were not shown: {error:?}"));
    }
    Ok(Reply::no_content())
}

fn wrong_password() -> Problem {
    Problem::forbidden("The current password is another one")
}

fn user_not_found() -> Problem {
    Problem::not_found("User not found")
}

fn credential_problem(error: CredentialError) -> Problem {
    match error {
        CredentialError::Unavailable(cause) => Problem::unavailable(cause),
        CredentialError::Other(cause) => Problem::internal(cause),
    }
}

fn hashing_problem(error: HashingError) -> Problem {
    match error {
        HashingError::Unavailable(cause) => Problem::unavailable(cause),
        HashingError::Other(cause) => Problem::internal(cause),
    }
}
