//! Users and events as the functions in Postgres take them: JSON objects, whose payloads are JSON already.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::ports::exports::tradepost::identity::user_directory::{NewEvent, User};

/// `identity.user_fields`.
#[derive(Serialize)]
pub(crate) struct UserParameter<'a> {
    id: &'a str,
    name: &'a str,
    email: &'a str,
    email_key: &'a str,
    created_at: i64,
    verified_at: Option<i64>,
    scopes: &'a str,
}

impl<'a> UserParameter<'a> {
    pub(crate) fn of(user: &'a User, email_key: &'a str) -> Self {
        Self {
            id: &user.id,
            name: &user.name,
            email: &user.email,
            email_key,
            created_at: user.created_at,
            verified_at: user.verified_at,
            scopes: &user.scopes,
        }
    }
}

/// An event.
#[derive(Serialize)]
pub(crate) struct EventParameter<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    data: &'a RawValue,
    occurred_at: i64,
}

impl<'a> EventParameter<'a> {
    pub(crate) fn of(event: &'a NewEvent) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: &event.id,
            event_type: &event.event_type,
            data: serde_json::from_str(&event.data)?,
            occurred_at: event.occurred_at,
        })
    }
}
