//! The stories, a file each subject. A new command is a new story and a line here.

mod accounts;
mod api_keys;
pub(crate) mod bought;
mod deadlines;
mod events;
mod expiring;
mod following;
mod fulfilling;
mod import;
mod notifying;
pub(crate) mod paying;
mod placing;
pub(crate) mod products;
mod reconciling;
mod refunding;
mod register_user;
mod relay;
mod sessions;
pub(crate) mod shop;
pub(crate) mod stock;

use crate::story::Story;

/// All of them.
pub(crate) const ALL: &[Story] = &[
    register_user::STORY,
    accounts::CHANGE,
    accounts::ERASE,
    accounts::CHANGE_PASSWORD,
    accounts::ASK_FOR_VERIFICATION,
    accounts::VERIFY,
    accounts::FORGET_PASSWORD,
    accounts::RESET_PASSWORD,
    sessions::LOG_IN,
    sessions::REFRESH,
    sessions::REUSE,
    sessions::LOG_OUT,
    api_keys::CREATE,
    api_keys::REVOKE,
    placing::OK,
    placing::SHORT,
    placing::DECLINED,
    placing::TIMEOUT,
    placing::TIMEOUT_CAPTURED,
    placing::FLAKY,
    following::CANCEL_EARLY,
    following::CANCEL,
    following::CANCEL_TIMEOUT,
    following::CANCEL_DECLINED,
    following::CANCEL_REST,
    following::FULFIL,
    following::RETURN,
    following::HOLD,
    following::RELEASE,
    paying::REFUND,
    paying::WEBHOOK,
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
    fulfilling::WHOLE,
    refunding::TIMEOUT,
    refunding::DECLINED,
    notifying::DECLINED,
    reconciling::CAPTURED,
    reconciling::SILENT,
    reconciling::REFUNDED,
    deadlines::REVIEW,
    deadlines::FULFILMENT,
];
