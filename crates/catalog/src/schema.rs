//! JSON Schemas of what clients may send of products, for the description of the API. They say what the readers take; a
//! test of the description sends both kinds.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::price::MOST_PRICE_MINOR_UNITS;
use crate::{Category, ProductName, SearchText, Sku};

use tradepost_input::LINE_PATTERN as LINE;

macro_rules! line {
    ($($name:ident)+) => {$(
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "minLength": 1, "maxLength": $name::MOST_CHARS, "pattern": LINE })
            }
        }
    )+};
}

line! { ProductName Category SearchText }

impl JsonSchema for Sku {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Sku".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 1,
            "maxLength": Self::MOST_CHARS,
            // All of these characters, but neither `.` nor `..`, which paths would lose.
            "pattern": "^([A-Za-z0-9_-]|[.][A-Za-z0-9_-]|[.][.][A-Za-z0-9._-])[A-Za-z0-9._-]*$",
        })
    }
}

pub(crate) fn price(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "required": ["amount", "currency"],
        "properties": { "amount": amount(), "currency": currency() },
        "additionalProperties": false,
    })
}

/// What a merge patch does not name of a price stays as it is.
pub(crate) fn price_change(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "properties": { "amount": amount(), "currency": currency() },
        "additionalProperties": false,
    })
}

fn amount() -> Schema {
    json_schema!({
        "description": "In the currency's minor unit: 1999 USD are 19.99 dollars.",
        "type": "integer",
        "minimum": 0,
        "maximum": MOST_PRICE_MINOR_UNITS,
    })
}

fn currency() -> Schema {
    json_schema!({ "description": "An ISO 4217 code.", "type": "string", "enum": tradepost_money::Currency::codes() })
}

pub(crate) fn categories(generator: &mut SchemaGenerator) -> Schema {
    let item = generator.subschema_for::<Category>();
    json_schema!({ "type": ["array", "null"], "items": item, "maxItems": 20, "uniqueItems": true })
}

pub(crate) fn attributes(_: &mut SchemaGenerator) -> Schema {
    attribute_map(&json_schema!({ "type": "string", "maxLength": 1_000 }))
}

/// Null takes an attribute away.
pub(crate) fn attribute_changes(_: &mut SchemaGenerator) -> Schema {
    attribute_map(&json_schema!({ "type": ["string", "null"], "maxLength": 1_000 }))
}

fn attribute_map(value: &Schema) -> Schema {
    json_schema!({
        "type": ["object", "null"],
        "maxProperties": 50,
        "propertyNames": { "minLength": 1, "maxLength": 64, "pattern": r"^[^\x00-\x1f\x7f-\x9f]*$" },
        "additionalProperties": value,
    })
}
