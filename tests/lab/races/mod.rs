//! The races, a file each subject. Two commands that want the same are a new race and a line here.

mod editing;
mod ending;
mod giving_back;
mod ordering;
mod stocking;

use crate::race::Race;

/// All of them.
pub(crate) const ALL: &[Race] = &[
    editing::TWO_EDITS,
    stocking::TWO_LOSSES,
    ordering::LAST_UNIT,
    ending::CANCEL_OR_CAPTURE,
    ending::CAPTURE_OR_EXPIRE,
    ending::TWO_CANCELS,
    ending::SEND_OR_CANCEL,
    giving_back::TWO_REFUNDS,
    giving_back::TWO_RETURNS,
];
