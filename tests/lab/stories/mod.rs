//! The stories, a file each subject. A new command is a new story and a line here.

pub(crate) mod bought;
mod cancelling;
mod deadlines;
mod events;
mod expiring;
mod fulfilling;
mod holding;
mod import;
mod notifying;
mod placing;
pub(crate) mod products;
mod reconciling;
mod refunding;
mod register_user;
mod relay;
mod returning;
pub(crate) mod shop;
pub(crate) mod stock;

use crate::story::Story;

/// All of them.
pub(crate) const ALL: &[Story] = &[
    register_user::STORY,
    placing::OK,
    placing::SHORT,
    placing::DECLINED,
    placing::TIMEOUT,
    placing::TIMEOUT_CAPTURED,
    placing::FLAKY,
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
    expiring::RESERVATIONS,
    expiring::ORDERS,
    cancelling::EARLY,
    cancelling::PAID,
    cancelling::REST,
    cancelling::TIMEOUT,
    cancelling::DECLINED,
    holding::HOLD,
    holding::RELEASE,
    fulfilling::PART,
    fulfilling::WHOLE,
    returning::STORY,
    refunding::OK,
    refunding::TIMEOUT,
    refunding::DECLINED,
    notifying::CAPTURED,
    notifying::DECLINED,
    reconciling::CAPTURED,
    reconciling::SILENT,
    reconciling::REFUNDED,
    deadlines::REVIEW,
    deadlines::FULFILMENT,
];
