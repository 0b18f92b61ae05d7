//! A POST, which the tick makes, throws away what means nothing any more: sessions that have expired or ended, with their
//! refresh tokens and what the gateway was told of them; log-ins that were tried so long ago that they count no more; addresses that nobody logs in from.

use tradepost_chance::now;
use tradepost_private_route as route;
use tradepost_private_route::wasip3::http::types::{Request, Response};

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-session-expiry;

            world component {
                import tradepost:identity/login-sessions@0.1.0;
                import tradepost:identity/session-views@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use ports::tradepost::identity::login_sessions::{self as sessions, SessionError};
use ports::tradepost::identity::session_views::{self as views, ViewError};

/// How much of each kind one statement throws away.
const SWEEP: u32 = 500;

/// How many statements one call makes at most. What is left then, the next tick finds.
const MOST_SWEEPS: usize = 20;

route::private_route!(throw_away);

async fn throw_away(request: Request) -> Response {
    if let Err(refusal) = route::only_post(&request) {
        return refusal;
    }
    match sweep().await {
        Ok(expired) => route::json(200, format!("{{\"expired\":{expired}}}").into_bytes()),
        Err(SessionError::Unavailable(cause)) => route::text(503, &cause),
        Err(SessionError::Other(cause)) => route::text(500, &cause),
    }
}

/// How many things were thrown away.
async fn sweep() -> Result<u64, SessionError> {
    let mut expired = 0;
    for _ in 0..MOST_SWEEPS {
        let ended = sessions::long_ended(now().as_micros(), SWEEP).await?;
        let count = ended.len() as u64;
        if !ended.is_empty() {
            // First what is shown of them: a session that is still known is found again by the next sweep.
            views::forget(ended.clone()).await.map_err(of_views)?;
            sessions::forget(ended).await?;
        }
        match count + sessions::expire(now().as_micros(), SWEEP).await? {
            0 => break,
            count => expired += count,
        }
    }
    Ok(expired)
}

fn of_views(error: ViewError) -> SessionError {
    match error {
        ViewError::Unavailable(cause) => SessionError::Unavailable(cause),
        ViewError::Other(cause) => SessionError::Other(cause),
    }
}
