//! The life of an attempt as a table: which state a command leads to from which. The table is published under
//! `docs/machines`, and the tests hold the code to it.

use serde::Serialize;

use crate::AttemptState;

/// What moves an attempt: what the provider did, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptCommand {
    /// It promised the money.
    Authorise,
    /// It took it.
    Capture,
    /// It said no, or was never asked.
    Fail,
    /// It let go of what it had promised.
    Void,
    /// It did not answer.
    LoseSight,
}

impl AttemptCommand {
    /// Every command.
    pub const ALL: &[Self] = &[Self::Authorise, Self::Capture, Self::Fail, Self::Void, Self::LoseSight];
}

/// One way from a state to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AttemptTransition {
    /// The state before.
    pub from: AttemptState,
    /// What happens.
    pub command: AttemptCommand,
    /// The state after.
    pub to: AttemptState,
}

const fn way(from: AttemptState, command: AttemptCommand, to: AttemptState) -> AttemptTransition {
    AttemptTransition { from, command, to }
}

/// All ways there are. A pair of a state and a command that is not listed does not happen.
///
/// `unknown` remembers which operation is in doubt: from a doubtful promise there is no way to `succeeded`, from a doubtful
/// capture none to `pending`. `void` on `failed` is for a promise whose capture was declined.
pub const ATTEMPT_TRANSITIONS: &[AttemptTransition] = &[
    way(AttemptState::Initiated, AttemptCommand::Authorise, AttemptState::Pending),
    way(AttemptState::Initiated, AttemptCommand::Fail, AttemptState::Failed),
    way(AttemptState::Initiated, AttemptCommand::LoseSight, AttemptState::Unknown),
    way(AttemptState::Pending, AttemptCommand::Capture, AttemptState::Succeeded),
    way(AttemptState::Pending, AttemptCommand::Fail, AttemptState::Failed),
    way(AttemptState::Pending, AttemptCommand::Void, AttemptState::Failed),
    way(AttemptState::Pending, AttemptCommand::LoseSight, AttemptState::Unknown),
    way(AttemptState::Unknown, AttemptCommand::Authorise, AttemptState::Pending),
    way(AttemptState::Unknown, AttemptCommand::Capture, AttemptState::Succeeded),
    way(AttemptState::Unknown, AttemptCommand::Fail, AttemptState::Failed),
    way(AttemptState::Unknown, AttemptCommand::Void, AttemptState::Failed),
    way(AttemptState::Failed, AttemptCommand::Void, AttemptState::Failed),
];
