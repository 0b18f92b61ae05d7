//! The stories, a file each subject. A new command is a new story and a line here.

mod events;
mod import;
mod place_order;
pub(crate) mod products;
mod register_user;
mod relay;
mod reservations;
pub(crate) mod shop;
pub(crate) mod stock;

use crate::story::Story;

/// All of them.
pub(crate) const ALL: &[Story] = &[
    register_user::STORY,
    place_order::STORY,
    products::CREATE,
    products::CREATE_WITHOUT_KEY,
    products::CREATE_ANOTHER,
    products::CHANGE,
    products::CHANGE_AT_ONCE,
    products::ARCHIVE,
    import::STORY,
    events::REPLAY,
    events::REPLAY_LETTER,
    stock::RECEIVE,
    stock::RECEIVE_WITHOUT_KEY,
    stock::LOSE,
    stock::RECEIVE_EARLY,
    relay::TICK,
    reservations::RESERVE,
    reservations::REJECT,
    reservations::COMMIT,
    reservations::RELEASE,
    reservations::EXPIRE,
    reservations::TICK,
];
