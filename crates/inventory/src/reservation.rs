//! The states of a reservation and the ways between them.

use std::str::FromStr;

use serde::Serialize;

/// What has become of an order's demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReservationState {
    /// There was not enough. Nothing was ever held.
    Rejected,
    /// The pieces are promised, until the reservation expires.
    Held,
    /// The pieces have left the stock for the order.
    Committed,
    /// The order gave them back.
    Released,
    /// Nobody committed or released them in time.
    Expired,
}

/// One way from a state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// The state before.
    pub from: ReservationState,
    /// The state after.
    pub to: ReservationState,
}

/// All ways there are. A reservation begins as held or rejected.
///
/// One that is overdue can still be committed for as long as nobody has expired it: the pieces are there, and to
/// refuse them would help nobody.
pub const TRANSITIONS: &[Transition] = &[
    Transition { from: ReservationState::Held, to: ReservationState::Committed },
    Transition { from: ReservationState::Held, to: ReservationState::Released },
    Transition { from: ReservationState::Held, to: ReservationState::Expired },
];

impl ReservationState {
    /// Every state.
    pub const ALL: &[Self] = &[Self::Rejected, Self::Held, Self::Committed, Self::Released, Self::Expired];

    /// Whether there is a way from this state to `to`.
    pub fn may_become(self, to: Self) -> bool {
        TRANSITIONS.iter().any(|way| way.from == self && way.to == to)
    }

    /// The name that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Held => "held",
            Self::Committed => "committed",
            Self::Released => "released",
            Self::Expired => "expired",
        }
    }
}

/// The text is the name of no state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownState;

impl FromStr for ReservationState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL.iter().copied().find(|state| state.as_str() == text).ok_or(UnknownState)
    }
}
