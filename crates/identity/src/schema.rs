//! JSON Schemas of what clients may send of users, for the description of the API.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use tradepost_access::Scope;
use tradepost_input::LINE_PATTERN;

use crate::{EmailAddress, NewPassword, ShownPassword, UserName, UserWords};

impl JsonSchema for UserName {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "UserName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": Self::MOST_CHARS, "pattern": LINE_PATTERN })
    }
}

/// Addresses beyond ASCII are taken too; clients that go by this have fewer of them, and none that is refused.
impl JsonSchema for EmailAddress {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "EmailAddress".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "email", "maxLength": Self::MOST_OCTETS })
    }
}

/// Common ones are refused besides, which no schema can say.
impl JsonSchema for NewPassword {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "NewPassword".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "format": "password", "minLength": Self::LEAST_CHARS, "maxLength": Self::MOST_CHARS,
        })
    }
}

/// Scopes as requests and answers have them: a list of their names.
pub struct ScopeNames;

macro_rules! schemas {
    ($($name:ident = $schema:tt)+) => {$(
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )+};
}

schemas! {
    ScopeNames = {
        "type": "array",
        "maxItems": Scope::ALL.len(),
        "items": { "type": "string", "enum": Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>() },
    }
    UserWords = { "type": "string", "minLength": 1, "maxLength": Self::MOST_CHARS, "pattern": LINE_PATTERN }
    ShownPassword = { "type": "string", "minLength": 1, "maxLength": NewPassword::MOST_CHARS, "format": "password" }
}
