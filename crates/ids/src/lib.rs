//! The ids that clients see: one type for each kind of thing, each a UUID written as a TypeID.
//!
//! A TypeID (specification 0.3) is a prefix that names the kind, `_`, and the UUID in 26 characters of Crockford's
//! base 32: `order_01h455vb4pex5vsknk084sn02q`. The text sorts as the UUIDs do, so UUIDv7 ids sort by age.
//! Nothing here makes an id: chance and clock belong to the caller.

mod base32;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use uuid::Uuid;

/// Why a text is not an id of the kind that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseIdError {
    /// The text does not begin with the kind's prefix and `_`.
    #[error("must begin with `{expected}_`")]
    Prefix {
        /// The prefix of the kind that was asked for.
        expected: &'static str,
    },
    /// What follows the prefix is not 26 bytes long.
    #[error("must have 26 characters after the prefix")]
    Length,
    /// A character is not one of Crockford's 32 lower-case ones.
    #[error("must be written in the digits and lower-case letters of base 32, without i, l, o and u")]
    Alphabet,
    /// 26 characters hold 130 bits; the first one may not be greater than `7`.
    #[error("must not be greater than 128 bits")]
    Overflow,
}

/// Declares the kinds of ids. Everything that can be done with one of them can be done with all.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What the text form begins with, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The id of the thing that is stored under `uuid`. Any version is taken: that new ones are UUIDv7
            /// is up to whoever makes them, and an imported one is no less an id.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// What is stored.
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_id(f, $prefix, self.0)
            }
        }

        /// The same as the text form: bytes in a log would help nobody.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_id(f, $prefix, self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                read_id(text, $prefix).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(IdVisitor { prefix: $prefix }).map(Self)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "pattern": concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$"),
                })
            }
        }
    )+

    /// The prefixes of all kinds, in the order of their declaration.
    pub const PREFIXES: &[&str] = &[$($prefix),+];
    };
}

kinds! {
    /// Somebody who registered.
    UserId = "user";
    /// Something on sale.
    ProductId = "product";
    /// An order, and the stream of its events.
    OrderId = "order";
    /// What is paid for one order. It has the UUID of its order.
    PaymentId = "payment";
    /// Money that is given back.
    RefundId = "refund";
    /// Money that moved in the ledger.
    TransferId = "transfer";
    /// One parcel of an order.
    FulfilmentId = "fulfilment";
    /// Goods of an order that came back.
    ReturnId = "return";
    /// An event, in whatever stream it stands.
    EventId = "event";
    /// An event that a consumer did not take and that was therefore set aside.
    LetterId = "letter";
    /// An address that a customer wants events posted to.
    WebhookId = "webhook";
    /// An API key, not its secret.
    KeyId = "key";
}

fn write_id(f: &mut fmt::Formatter<'_>, prefix: &str, uuid: Uuid) -> fmt::Result {
    f.write_str(prefix)?;
    f.write_str("_")?;
    base32::encode(uuid.as_u128()).iter().try_for_each(|&symbol| fmt::Write::write_char(f, symbol.into()))
}

fn read_id(text: &str, prefix: &'static str) -> Result<Uuid, ParseIdError> {
    let suffix = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or(ParseIdError::Prefix { expected: prefix })?;
    base32::decode(suffix.as_bytes()).map(Uuid::from_u128)
}

struct IdVisitor {
    prefix: &'static str,
}

impl Visitor<'_> for IdVisitor {
    type Value = Uuid;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an id that begins with `{}_`", self.prefix)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Uuid, E> {
        read_id(text, self.prefix).map_err(E::custom)
    }
}
