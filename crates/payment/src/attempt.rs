//! One attempt to take the money.

use serde::{Deserialize, Serialize};
use tradepost_timestamp::Timestamp;

use crate::Operation;

/// Where an attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// The provider is being asked to promise the money.
    Initiated,
    /// The money is promised and not taken.
    Pending,
    /// It was taken.
    Succeeded,
    /// It was not, and will not be.
    Failed,
    /// What the provider did is not known. No other attempt begins before it is.
    Unknown,
}

impl AttemptState {
    /// Every state.
    pub const ALL: &[Self] = &[Self::Initiated, Self::Pending, Self::Succeeded, Self::Failed, Self::Unknown];

    /// The name that clients see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// One attempt to take the money, after everything that happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// Where it stands.
    pub state: AttemptState,
    /// Until when the stock that it pays for is promised.
    pub reserved_until: Timestamp,
    /// When `state` became what it is.
    pub since: Timestamp,
    /// The provider's reference of the authorisation, once there is one.
    pub authorisation: Option<String>,
    /// Whether the provider holds money that is neither taken nor let go. That can be so of an attempt that failed:
    /// when it was the capture that was declined.
    pub held: bool,
    /// Which operation's outcome is not known.
    pub doubt: Option<Operation>,
    /// Why it failed.
    pub failure_code: Option<String>,
}
