//! The stories, a file each. A new command is a new file and a line here.

mod place_order;
mod register_user;

use crate::story::Story;

/// All of them.
pub(crate) const ALL: &[Story] = &[register_user::STORY, place_order::STORY];
