//! The stories, a file each subject. A new command is a new story and a line here.

mod place_order;
mod register_user;
mod reservations;

use crate::story::Story;

/// All of them.
pub(crate) const ALL: &[Story] = &[
    register_user::STORY,
    place_order::STORY,
    reservations::RESERVE,
    reservations::REJECT,
    reservations::COMMIT,
    reservations::RELEASE,
    reservations::EXPIRE,
];
