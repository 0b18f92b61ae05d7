//! The attempts to take an order's money, as ordering sees them: as the one payment that they are attempts at.

use serde::{Deserialize, Serialize};

/// Where the payment is, as far as ordering has heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Nothing is known of an attempt.
    Initiated,
    /// The provider has promised the money.
    Pending,
    /// The money was taken.
    Succeeded,
    /// The provider declined.
    Failed,
    /// What the provider did is not known yet. No other attempt is made until it is.
    Unknown,
}

/// One way from a state of the payment to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PaymentTransition {
    /// The state before.
    pub from: PaymentStatus,
    /// The state after.
    pub to: PaymentStatus,
}

/// All ways that an attempt can go. Ordering hears of ends and of doubts, so it may see two of them as one.
pub const PAYMENT_TRANSITIONS: &[PaymentTransition] = &[
    PaymentTransition { from: PaymentStatus::Initiated, to: PaymentStatus::Pending },
    PaymentTransition { from: PaymentStatus::Initiated, to: PaymentStatus::Failed },
    PaymentTransition { from: PaymentStatus::Initiated, to: PaymentStatus::Unknown },
    PaymentTransition { from: PaymentStatus::Pending, to: PaymentStatus::Succeeded },
    PaymentTransition { from: PaymentStatus::Pending, to: PaymentStatus::Failed },
    PaymentTransition { from: PaymentStatus::Pending, to: PaymentStatus::Unknown },
    PaymentTransition { from: PaymentStatus::Unknown, to: PaymentStatus::Pending },
    PaymentTransition { from: PaymentStatus::Unknown, to: PaymentStatus::Succeeded },
    PaymentTransition { from: PaymentStatus::Unknown, to: PaymentStatus::Failed },
];

impl PaymentStatus {
    /// Every state, in the order of a life.
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
