//! Users and their events as the port has them.

use tradepost_endpoint::{fresh_uuid, now};
use tradepost_identity::{User, UserEvent};
use tradepost_ids::UserId;
use tradepost_problem::Problem;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

use crate::bindings::tradepost::identity::user_directory as port;

pub(crate) fn user_of(user: port::User) -> Result<User, Problem> {
    Ok(User {
        id: UserId::from_uuid(Uuid::try_parse(&user.id).map_err(Problem::internal)?),
        name: user.name,
        email: user.email,
        verified_at: user.verified_at.map(Timestamp::from_micros),
        scopes: user.scopes.parse().map_err(Problem::internal)?,
        created_at: Timestamp::from_micros(user.created_at),
        version: user.version,
    })
}

pub(crate) fn user_for_port(user: User) -> port::User {
    port::User {
        id: user.id.as_uuid().to_string(),
        name: user.name,
        email: user.email,
        created_at: user.created_at.as_micros(),
        verified_at: user.verified_at.map(Timestamp::as_micros),
        scopes: user.scopes.to_string(),
        version: user.version,
    }
}

pub(crate) fn event_for_port(event: &UserEvent) -> Result<port::NewEvent, Problem> {
    Ok(port::NewEvent {
        id: fresh_uuid().to_string(),
        event_type: event.event_type().to_owned(),
        data: event.to_data_json()?,
        occurred_at: now().as_micros(),
    })
}
