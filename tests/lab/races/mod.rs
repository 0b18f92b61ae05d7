//! The races, a file each subject. Two commands that want the same are a new race and a line here.

mod editing;
mod ordering;
mod paying;
mod returning;
mod stocking;

use crate::race::Race;

/// All of them.
pub(crate) const ALL: &[Race] = &[
    editing::TWO_EDITS,
    stocking::TWO_LOSSES,
    ordering::LAST_UNIT,
    ordering::TWINS,
    ordering::CANCEL_OR_CAPTURE,
    ordering::CAPTURE_OR_EXPIRY,
    ordering::TWO_CANCELS,
    ordering::CANCEL_OR_FULFIL,
    returning::TWO_RETURNS,
    paying::TWO_REFUNDS,
    paying::TWIN_REFUNDS,
    paying::WEBHOOK_OR_RECONCILIATION,
];
