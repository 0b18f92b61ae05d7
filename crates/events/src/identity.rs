//! What identity tells of users and API keys: who there is, what each may do, and that somebody is gone. Never a name or an address:
//! the log is for ever, and what erasure has to remove must not be in it. Whoever needs them asks identity.

use serde::{Deserialize, Serialize};
use tradepost_ids::{KeyId, UserId};
use tradepost_timestamp::Timestamp;

/// A user after an event, as far as others have to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct User {
    /// The user's id, which is the event's subject and partition key too.
    pub id: UserId,
    /// What the person may do beyond his own things, in alphabetical order.
    pub scopes: Vec<String>,
    /// Whether mail to the address is known to reach the person.
    pub verified: bool,
    /// When the user registered.
    pub created_at: Timestamp,
    /// How many events the user has had, this one included: the event's `sequence`.
    pub version: u64,
}

/// What of a user changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// What the person is called.
    Name,
    /// Where mail reaches him, or the spelling of it.
    Email,
    /// Whether mail is known to reach him.
    Verified,
    /// What he may do.
    Scopes,
}

/// Somebody registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserRegistered {
    /// As he registered.
    #[serde(flatten)]
    pub user: User,
}

/// Something about a user changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserChanged {
    /// As he is now.
    #[serde(flatten)]
    pub user: User,
    /// What changed, each once.
    pub changed: Vec<Changed>,
}

/// Whatever is personal about a user was erased. The id stays, because it stands in orders and in the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct UserErased {
    /// Whose id it was.
    pub id: UserId,
    /// How many events the user has had, this one included: the event's `sequence`.
    pub version: u64,
}

/// An API key was made or revoked. This is all that it takes to let whoever shows it in, or not: of the key itself only
/// the digest is told, of which nobody finds the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApiKeyChanged {
    /// The key's id, which is the event's subject and partition key too.
    pub id: KeyId,
    /// SHA-256 of the whole key, 64 lower-case hexadecimal digits.
    pub digest: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Whether it is good no more.
    pub revoked: bool,
}

/// Sessions were logged out, or revoked: their access tokens are not good any more, however long they would be by
/// themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SessionsEnded {
    /// Which, at least one: the `sid` of their access tokens, UUIDs in their hyphenated lower-case form. The event stands
    /// under the first of them.
    pub sids: Vec<String>,
}

crate::published! {
    SessionsEnded = "tradepost.identity.sessions-ended.v1",
    UserRegistered = "tradepost.identity.user-registered.v1",
    UserChanged = "tradepost.identity.user-changed.v1",
    UserErased = "tradepost.identity.user-erased.v1",
    ApiKeyChanged = "tradepost.identity.api-key-changed.v1",
}
