//! Somebody who registers, and somebody who has.

use serde::Serialize;
use serde_json::Value;
use tradepost_ids::UserId;
use tradepost_input::{Faults, Field, read};
use tradepost_timestamp::Timestamp;

use crate::{EmailAddress, UserName};

/// What it takes to register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// What the person is called.
    pub name: UserName,
    /// Where mail reaches the person.
    pub email: EmailAddress,
}

impl NewUser {
    /// Reads the body of `POST /users`: `{name, email}`.
    ///
    /// `password` is an unknown field for as long as no password is stored: whoever sends one must not believe
    /// that it was set.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        read(body, |user| {
            let name = user.required("name", Field::parse);
            let email = user.required("email", Field::parse);
            Ok(Self { name: name?, email: email? })
        })
    }

    /// The user that this becomes.
    pub fn registered(self, id: UserId, now: Timestamp) -> User {
        User { id, name: self.name.into_string(), email: self.email.into_string(), created_at: now }
    }
}

/// A registered user, as clients see one.
///
/// Name and address are plain text: what was accepted once stays readable when the rules for new ones change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// As the person wrote it, trimmed.
    pub name: String,
    /// As the person wrote it, trimmed.
    pub email: String,
    /// When the user registered.
    pub created_at: Timestamp,
}
