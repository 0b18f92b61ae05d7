//! Somebody who registers, and somebody who has.

use serde::{Serialize, Serializer};
use serde_json::Value;
use tradepost_access::{Scope, Scopes};
use tradepost_ids::UserId;
use tradepost_input::{Faults, Field, read};
use tradepost_timestamp::Timestamp;

use crate::{EmailAddress, NewPassword, UserName};

/// What it takes to register.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewUser {
    /// What the person is called.
    pub name: UserName,
    /// Where mail reaches the person.
    pub email: EmailAddress,
    /// What the person will log in with; who has none cannot.
    pub password: Option<NewPassword>,
}

impl NewUser {
    /// Reads the body of `POST /users`: `{name, email, password?}`.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        read(body, |user| {
            let name = user.required("name", Field::parse);
            let email = user.required("email", Field::parse);
            let password = user.optional("password", Field::parse);
            Ok(Self { name: name?, email: email?, password: password? })
        })
    }

    /// The user that this becomes: a customer, whose address nobody has tried yet.
    pub fn registered(self, id: UserId, now: Timestamp) -> User {
        User {
            id,
            name: self.name.into_string(),
            email: self.email.into_string(),
            verified_at: None,
            scopes: Scopes::NONE,
            created_at: now,
            version: 1,
        }
    }
}

/// A registered user, as clients see one.
///
/// Name and address are plain text: what was accepted once stays readable when the rules for new ones change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct User {
    /// The user's id.
    pub id: UserId,
    /// As the person wrote it, trimmed.
    pub name: String,
    /// As the person wrote it, trimmed.
    pub email: String,
    /// Since when mail to the address is known to reach the person.
    pub verified_at: Option<Timestamp>,
    /// What the person may do beyond his own things; nothing, for a customer.
    #[serde(serialize_with = "as_list")]
    #[cfg_attr(feature = "schema", schemars(with = "crate::ScopeNames"))]
    pub scopes: Scopes,
    /// When the user registered.
    pub created_at: Timestamp,
    /// How many events the user has had.
    pub version: u64,
}

/// Scopes as answers have them: a list of their names.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference over")]
pub(crate) fn as_list<S: Serializer>(scopes: &Scopes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(scopes.iter().map(Scope::as_str))
}
