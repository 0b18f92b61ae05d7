//! Whose order it is.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};
use tradepost_ids::{ParseIdError, UserId};

/// Who may see the order, besides staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A registered customer.
    Customer(UserId),
    /// A guest. The order's id, which cannot be guessed, is the only way to it.
    Anonymous,
}

impl Owner {
    /// The owner of an order that is this customer's, or a guest's.
    pub fn of(customer: Option<UserId>) -> Self {
        customer.map_or(Self::Anonymous, Self::Customer)
    }

    /// The customer; `None` when it is a guest.
    pub const fn customer(self) -> Option<UserId> {
        match self {
            Self::Customer(id) => Some(id),
            Self::Anonymous => None,
        }
    }
}

const ANONYMOUS: &str = "anonymous";

/// The customer's TypeID, or `anonymous`.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Customer(id) => fmt::Display::fmt(id, f),
            Self::Anonymous => f.write_str(ANONYMOUS),
        }
    }
}

impl FromStr for Owner {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        if text == ANONYMOUS { Ok(Self::Anonymous) } else { text.parse().map(Self::Customer) }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Owner {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Owner".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^(user_[0-7][0-9a-hjkmnp-tv-z]{25}|anonymous)$",
        })
    }
}

impl Serialize for Owner {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Owner {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
