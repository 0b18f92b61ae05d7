//! What logging in and staying logged in have in common: the tokens that are given out, and showing the gateway that a
//! session has ended.

use serde::Serialize;
use tradepost_access_token::{Claims, LIFETIME_SECONDS, SigningKey};
use tradepost_endpoint::{Admitted, fresh_uuid, now};
use tradepost_identity::RefreshToken;
use tradepost_ids::UserId;
use tradepost_problem::Problem;
use uuid::Uuid;

#[expect(missing_docs, clippy::same_length_and_capacity, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({
        inline: "
            package tradepost:session-desk;

            world component {
                import tradepost:identity/login-sessions@0.1.0;
                import tradepost:identity/session-views@0.1.0;
            }
        ",
        path: "../../wit/identity",
        generate_all,
    });
}

pub use bindings::tradepost::identity::login_sessions as port;
use bindings::tradepost::identity::session_views::{self as views, ViewError};

/// What whoever is logged in gets (RFC 6749, section 5.1).
#[derive(Serialize)]
pub struct Tokens {
    access_token: String,
    token_type: &'static str,
    /// Until the access token expires, in seconds.
    expires_in: i64,
    refresh_token: String,
}

/// The seed of a signing key, as the store has it; `None` when there is no key yet.
pub fn seed(seed: Option<Vec<u8>>) -> Result<Option<[u8; 32]>, Problem> {
    let of_length = |seed: Vec<u8>| seed.try_into().map_err(|_| Problem::internal("a seed has not 32 bytes"));
    seed.map(of_length).transpose()
}

/// Tokens of a session: `refresh_token`, and the access token that comes with it, signed with the key of this seed. It is
/// good from `issued_at` on, in microseconds since 1970-01-01T00:00:00Z, so that who asks again for the same tokens gets the
/// same text; from now on, if it would have expired.
pub fn tokens(
    seed: &[u8; 32],
    session_id: &str,
    user_id: &str,
    scopes: String,
    refresh_token: RefreshToken,
    issued_at: i64,
) -> Result<Tokens, Problem> {
    let (now, issued_at) = (now().as_micros().div_euclid(1_000_000), issued_at.div_euclid(1_000_000));
    let claims = Claims {
        user: UserId::from_uuid(Uuid::try_parse(user_id).map_err(Problem::internal)?),
        session: Uuid::try_parse(session_id).map_err(Problem::internal)?,
        id: refresh_token.access_token_id(),
        scope: scopes,
        issued_at: if now < issued_at.saturating_add(LIFETIME_SECONDS) { issued_at } else { now },
    };
    Ok(Tokens {
        access_token: SigningKey::from_seed(seed).sign(&claims),
        token_type: "Bearer",
        expires_in: LIFETIME_SECONDS,
        refresh_token: refresh_token.into_secret(),
    })
}

/// Shows the gateway at once that a session has ended. The event brings it about in any case, so what goes wrong is for
/// the log.
pub async fn show_end(request: &Admitted, session_id: String) {
    if let Err(ViewError::Unavailable(reason) | ViewError::Other(reason)) = views::end(vec![session_id]).await
    {
        request.log(format_args!("the end of a session is not shown yet: {reason}"));
    }
}

/// The event that tells of an end, should there be one.
pub fn telling(request: &Admitted) -> port::Telling {
    port::Telling { event_id: fresh_uuid().to_string(), traceparent: Some(request.traceparent().into()) }
}

/// What a failure of the store is to whoever asks.
pub fn session_problem(error: port::SessionError) -> Problem {
    match error {
        port::SessionError::Unavailable(cause) => Problem::unavailable(cause),
        port::SessionError::Other(cause) => Problem::internal(cause),
    }
}
