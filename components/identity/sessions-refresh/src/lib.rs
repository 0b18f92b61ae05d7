//! `POST /sessions/refresh`: a refresh token is exchanged for new tokens, once. Shown again, it ends its session: then two
//! have it, and one of them should not (RFC 9700, section 4.14.2).
//!
//! Nobody can tell a thief from an owner who has lost an answer, so there is no time within which a second use is forgiven. An
//! owner who wants to survive a lost answer sends an `Idempotency-Key`: the new token follows from the old one and the key,
//! so the same request gets the same token again, until that is used. No answer is kept for it, which would have to be
//! kept secret; so another body under the same key is just another request.

use tradepost_chance::random_bytes;
use tradepost_endpoint::{Admitted, Reply, endpoint, now, open};
use tradepost_identity::RefreshToken;
use tradepost_problem::Problem;
use tradepost_session_desk::port::{self, Refreshed};
use tradepost_session_desk::{seed, session_problem, show_end, telling, tokens};

endpoint! {
    "/sessions/refresh";
    POST (open().after_key_value()) => refresh,
}

async fn refresh(request: &Admitted) -> Result<Reply, Problem> {
    let body = request.json()?;
    let shown = RefreshToken::read(&body)?;
    let new = match request.idempotency(&body)? {
        Some(idempotency) => shown.following(&idempotency.key),
        None => RefreshToken::of(random_bytes()),
    };
    let (digest, new_digest) = (shown.digest().to_vec(), new.digest().to_vec());
    let refreshed = port::refresh(digest, new_digest, now().as_micros(), telling(request)).await;
    match refreshed.map_err(session_problem)? {
        Refreshed::Exchanged(session) => {
            let seed =
                seed(session.seed)?.ok_or_else(|| Problem::unavailable("there is no key to sign with"))?;
            let tokens =
                tokens(&seed, &session.id, &session.user_id, session.scopes, new, session.issued_at)?;
            let reply = Reply::ok(&tokens)?.holding_secret();
            Ok(if session.again { reply.given_before() } else { reply })
        }
        Refreshed::Unknown => Err(no_good()),
        Refreshed::Ended(session_id) => {
            // Whoever ended it may have been cut off before showing it.
            show_end(request, session_id).await;
            Err(no_good())
        }
        Refreshed::Reused(session_id) => {
            show_end(request, session_id).await;
            tradepost_relay_kick::after_response();
            Err(no_good())
        }
    }
}

/// The same for all: whoever guesses learns nothing.
fn no_good() -> Problem {
    Problem::unauthenticated("The refresh token is not valid; log in again")
}
