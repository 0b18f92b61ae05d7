//! Logging in: a try is counted, the password is looked at, and a session begins.
//!
//! A request with an `Idempotency-Key` finds the session that it began before, for 24 hours: the session and its first
//! tokens follow from the address, the key and what only the service has. No answer is kept for it, which would have to be
//! kept secret; so the same key with another address is just another log-in, and strangers who take the same key do not
//! meet.
//!
//! Whether there is such an account shows neither in the answer nor in the time that it takes: a password is hashed in any
//! case.

use spin_sdk::variables;
use tradepost_chance::random_bytes;
use tradepost_endpoint::{Admitted, KEPT_FOR, Reply, fresh_uuid, now};
use tradepost_identity::{Login, RefreshToken, SESSION_LIFETIME};
use tradepost_problem::{Code, Problem};
use tradepost_session_desk::port::{self, Attempt, AttemptError, Beginning, NewSession};
use tradepost_session_desk::{session_problem, tokens};
use tradepost_timestamp::Timestamp;

use crate::{hashing, keys};

/// How many proxies are believed when they say whom they ask for; the gateway goes by the same.
const TRUSTED_PROXIES: &str = "trusted_proxies";

/// How often it is tried with an account that changes meanwhile.
const MOST_TRIES: usize = 3;

pub(crate) async fn log_in(request: &Admitted) -> Result<Reply, Problem> {
    let body = request.json()?;
    let idempotency_key = request.idempotency(&body)?.map(|idempotency| idempotency.key);
    let Login { email, password } = Login::read(&body)?;
    let (email_key, place) = (email.key(), request.client_network(trusted_proxies().await?));
    let password = password.into_secret();
    let mut since = 0;
    for _ in 0..MOST_TRIES {
        let tried = port::try_login(email_key.clone(), place.clone(), now().as_micros()).await;
        let Attempt { account, seed } = tried.map_err(|error| match error {
            AttemptError::Throttled(seconds) => Problem::rate_limited(seconds),
            AttemptError::Unavailable(cause) => Problem::unavailable(cause),
            AttemptError::Other(cause) => Problem::internal(cause),
        })?;
        let phc = account.as_ref().map(|account| account.phc.clone());
        let is_right = hashing::verify(password.clone(), phc).await?;
        let Some(account) = account.filter(|_| is_right) else {
            return Err(Problem::unauthenticated("The e-mail address or the password is wrong"));
        };

        let seed = keys::seed_that_signs(seed).await?;
        let (id, refresh_token) = match &idempotency_key {
            Some(key) => RefreshToken::of_log_in(&seed, &email_key, key, since),
            None => (fresh_uuid(), RefreshToken::of(random_bytes())),
        };
        let (id, at) = (id.to_string(), now());
        let session = NewSession {
            id: id.clone(),
            account: account.clone(),
            digest: refresh_token.digest().to_vec(),
            expires_at: at.saturating_add(SESSION_LIFETIME).as_micros(),
        };
        let begun = port::start(session, email_key.clone(), place.clone(), at.as_micros()).await;
        match begun.map_err(session_problem)? {
            Beginning::Changed => {}
            Beginning::Begun(before) if Timestamp::from_micros(before).saturating_add(KEPT_FOR) <= at => {
                since = before;
            }
            Beginning::Begun(begun) => {
                let tokens = tokens(&seed, &id, &account.user_id, account.scopes, refresh_token, begun)?;
                let reply = Reply::created("/sessions".to_owned(), &tokens)?.holding_secret();
                let is_new = begun == at.as_micros();
                return Ok(if is_new { reply } else { reply.given_before() });
            }
        }
    }
    Err(Problem::new(Code::Conflict, "The account is being changed; try again"))
}

async fn trusted_proxies() -> Result<usize, Problem> {
    let value = variables::get(TRUSTED_PROXIES).await.map_err(|_| unusable())?;
    value.trim().parse().map_err(|_| unusable())
}

fn unusable() -> Problem {
    Problem::unavailable(format_args!("the variable {TRUSTED_PROXIES} is not a number"))
}
