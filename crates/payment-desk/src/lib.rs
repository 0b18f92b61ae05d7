//! Payments at work, over the ports `payment-journal` and `payment-gateway`: a [`Case`] is loaded, decided on, asked
//! about at the provider and written down.
//!
//! ```ignore
//! let mut cases = load_all(ids, false, "payment-charge").await?;
//! for case in &mut cases {
//!     case.decide(Command::CallOff { reason, value }, now())?;
//! }
//! append_all(&mut cases).await?;
//! settle(cases, in_seconds(7)).await;
//! ```
//!
//! Anybody may break off anywhere. What was decided and not written has not happened; what the provider was asked is asked
//! again under the same reference, by whoever finds the payment due.

mod append;
mod case;
mod gateway;
mod ports;
mod settle;

use tradepost_ids::PaymentId;
use wasip3::clocks::monotonic_clock;

pub use append::{AppendFailure, append, append_all, find_answer};
pub use case::Case;
pub use ports::journal::{Appended, IdempotencyScope, KeptAnswer, Recent, ReplayedAnswer};
pub use settle::{Settled, ask, ask_for_refund, settle};

use ports::journal::{self, JournalError};

/// Why nothing was done, or nothing can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The journal did not answer. Trying again is safe.
    Unavailable(String),
    /// A fault for the log.
    Other(String),
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Unavailable(cause) => Self::Unavailable(cause),
            JournalError::Other(cause) => Self::Other(cause),
        }
    }
}

/// The payments with these ids that exist, in no order. `actor` is who will have caused what happens to them here.
pub async fn load_all(
    ids: impl IntoIterator<Item = PaymentId>,
    with_recent: bool,
    actor: &str,
) -> Result<Vec<Case>, Failure> {
    let ids: Vec<String> = ids.into_iter().map(|id| id.as_uuid().to_string()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let streams = journal::load_all(ids, with_recent).await?;
    streams.into_iter().map(|stream| Case::of_stream(stream, actor)).collect()
}

/// The payment with this id, if it exists.
pub async fn load(id: PaymentId, actor: &str) -> Result<Option<Case>, Failure> {
    Ok(load_all([id], false, actor).await?.pop())
}

/// Payments that are due now, at most `limit`. For 15 seconds nobody else gets them.
pub async fn take_due(limit: u32, actor: &str) -> Result<Vec<Case>, Failure> {
    let streams = journal::take_due(tradepost_chance::now().as_micros(), limit).await?;
    streams.into_iter().map(|stream| Case::of_stream(stream, actor)).collect()
}

/// The moment in so many seconds, by the monotonic clock, in nanoseconds.
pub fn in_seconds(seconds: u64) -> u64 {
    monotonic_clock::now().saturating_add(seconds.saturating_mul(1_000_000_000))
}
