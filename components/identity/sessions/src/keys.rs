//! The key that signs. The first log-in of all finds none, and has one made.

use tradepost_endpoint::now;
use tradepost_problem::Problem;
use tradepost_session_desk::{port, seed, session_problem};

use crate::ports::tradepost::platform::nudge::nudge;

/// The component that makes keys.
const ROTATION: &str = "identity-key-rotation";

/// Its seed; `known` is what the store said of it.
pub(crate) async fn seed_that_signs(known: Option<Vec<u8>>) -> Result<[u8; 32], Problem> {
    if let Some(seed) = seed(known)? {
        return Ok(seed);
    }
    nudge(ROTATION.to_owned()).await.map_err(Problem::unavailable)?;
    let made = port::signing_seed(now().as_micros()).await.map_err(session_problem)?;
    seed(made)?.ok_or_else(|| Problem::unavailable("there is no key to sign with"))
}
