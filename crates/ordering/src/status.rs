//! The states of an order and the ways between them.
//!
//! Payments and line quantities have machines of their own. They are kept apart on purpose: "paid and half shipped"
//! is not a state here, or there would be one for every product of the three.

use serde::{Deserialize, Serialize};

/// Where in its life an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "OrderStatus"))]
pub enum Status {
    /// Accepted; stock and payment are being seen to.
    Pending,
    /// Stock is reserved and the payment captured.
    Placed,
    /// Set aside until a person has looked at it.
    OnHold,
    /// Everything that was not called off was sent.
    Completed,
    /// Called off, or not paid.
    Cancelled,
    /// There is too little of something.
    Rejected,
    /// Nobody decided in time.
    Expired,
}

/// One way from a state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// The state before.
    pub from: Status,
    /// The state after.
    pub to: Status,
}

/// All ways there are. A pair that is not listed does not happen.
pub const TRANSITIONS: &[Transition] = &[
    Transition { from: Status::Pending, to: Status::Placed },
    Transition { from: Status::Pending, to: Status::Rejected },
    Transition { from: Status::Pending, to: Status::Expired },
    Transition { from: Status::Pending, to: Status::Cancelled },
    Transition { from: Status::Placed, to: Status::OnHold },
    Transition { from: Status::Placed, to: Status::Completed },
    Transition { from: Status::Placed, to: Status::Cancelled },
    Transition { from: Status::OnHold, to: Status::Placed },
    Transition { from: Status::OnHold, to: Status::Cancelled },
    // An order of which some was sent before it was held, and the rest is called off.
    Transition { from: Status::OnHold, to: Status::Completed },
];

impl Status {
    /// Every state, in the order of a life.
    pub const ALL: &[Self] = &[
        Self::Pending,
        Self::Placed,
        Self::OnHold,
        Self::Completed,
        Self::Cancelled,
        Self::Rejected,
        Self::Expired,
    ];

    /// The states that this one can go to.
    pub fn allowed(self) -> impl Iterator<Item = Self> {
        TRANSITIONS.iter().filter(move |way| way.from == self).map(|way| way.to)
    }

    /// Whether an order stays in this state for ever.
    pub fn is_end(self) -> bool {
        self.allowed().next().is_none()
    }

    /// The name that clients see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Placed => "placed",
            Self::OnHold => "on_hold",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }
}
