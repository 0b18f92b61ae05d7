//! Money on its way back.

use tradepost_ids::RefundId;
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefundState {
    /// The provider is being asked.
    Pending,
    /// The money was given back.
    Succeeded,
    /// It was not, and will not be by this refund.
    Failed,
    /// What the provider did is not known.
    Unknown,
}

impl RefundState {
    /// The name that clients see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// One refund, after everything that happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Its id, which is also the reference under which the provider is asked.
    pub id: RefundId,
    /// Where it stands.
    pub state: RefundState,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: String,
    /// Why it failed.
    pub decline_code: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When `state` became what it is.
    pub since: Timestamp,
}
