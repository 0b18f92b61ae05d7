//! What makes two requests the same one: the client's key and the body's fingerprint.
//!
//! After the IETF draft "The Idempotency-Key HTTP Header Field". Who keeps keys and answers, and that it happens in
//! the statement of the effect, is the business of each journal.

mod fingerprint;
mod key;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use fingerprint::Fingerprint;
pub use key::{IdempotencyKey, InvalidKey};

/// How long an answer is kept under its key: a client that was cut off for a night finds it in the morning.
pub const KEPT_FOR: Duration = Duration::from_hours(24);
