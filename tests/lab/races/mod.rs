//! The races, a file each subject. Two commands that want the same are a new race and a line here.

mod editing;
mod ordering;
mod stocking;

use crate::race::Race;

/// All of them.
pub(crate) const ALL: &[Race] = &[editing::TWO_EDITS, stocking::TWO_LOSSES, ordering::LAST_UNIT];
