//! Which command may happen in which state.

use serde::Serialize;

use crate::Status;

/// A command without its particulars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The payment was captured.
    Confirm,
    /// There is too little of something.
    Reject,
    /// The payment was declined.
    Decline,
    /// Time has run out: for the decision, or for the reservation.
    Expire,
    /// Somebody calls off what is open.
    Cancel,
    /// Somebody sets it aside.
    Hold,
    /// Somebody lets it go on.
    Release,
    /// Some of it was sent.
    Fulfil,
    /// Some of it came back.
    Return,
}

/// What a command may make of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The command.
    pub action: Action,
    /// The state before.
    pub from: Status,
    /// The state after, depending on the particulars: one of these.
    pub to: &'static [Status],
}

const fn step(action: Action, from: Status, to: &'static [Status]) -> Step {
    Step { action, from, to }
}

/// All that commands do. In a state that is not listed for it, a command changes nothing: one of a client is refused,
/// one that answers to an event has come too late.
pub const STEPS: &[Step] = &[
    step(Action::Confirm, Status::Pending, &[Status::Placed, Status::OnHold]),
    step(Action::Reject, Status::Pending, &[Status::Rejected]),
    step(Action::Decline, Status::Pending, &[Status::Cancelled]),
    step(Action::Expire, Status::Pending, &[Status::Expired]),
    step(Action::Expire, Status::Placed, &[Status::Placed, Status::Cancelled]),
    step(Action::Expire, Status::OnHold, &[Status::OnHold, Status::Cancelled]),
    step(Action::Cancel, Status::Pending, &[Status::Cancelled]),
    step(Action::Cancel, Status::Placed, &[Status::Cancelled, Status::Completed]),
    step(Action::Cancel, Status::OnHold, &[Status::Cancelled, Status::Completed]),
    step(Action::Hold, Status::Placed, &[Status::OnHold]),
    step(Action::Release, Status::OnHold, &[Status::Placed]),
    step(Action::Fulfil, Status::Placed, &[Status::Placed, Status::Completed]),
    step(Action::Return, Status::Placed, &[Status::Placed]),
    step(Action::Return, Status::Completed, &[Status::Completed]),
];

impl Action {
    /// Every command.
    pub const ALL: &[Self] = &[
        Self::Confirm,
        Self::Reject,
        Self::Decline,
        Self::Expire,
        Self::Cancel,
        Self::Hold,
        Self::Release,
        Self::Fulfil,
        Self::Return,
    ];

    /// Whether it may happen to an order in this state.
    pub fn is_allowed(self, status: Status) -> bool {
        STEPS.iter().any(|step| step.action == self && step.from == status)
    }

    /// Whether it is people who ask for it, and not events.
    pub const fn is_asked_for(self) -> bool {
        matches!(self, Self::Cancel | Self::Hold | Self::Release | Self::Fulfil | Self::Return)
    }

    /// The name that clients see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Reject => "reject",
            Self::Decline => "decline",
            Self::Expire => "expire",
            Self::Cancel => "cancel",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Fulfil => "fulfil",
            Self::Return => "return",
        }
    }
}
