//! JSON Schemas of what clients may send of orders, for the description of the API.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use tradepost_input::LINE_PATTERN;

use crate::{PaymentMethod, Quantity, countries};

impl JsonSchema for Quantity {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": 1, "maximum": Self::MOST })
    }
}

/// The type itself has a schema already, that of recorded events, which promises nothing of the text.
pub(crate) fn payment_method(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["string", "null"],
        "minLength": 1,
        "maxLength": PaymentMethod::MOST_CHARS,
        "pattern": "^[!-~]+$",
    })
}

/// As `address::read_address` reads it. An address that was taken once promises less, so its type's own schema would not
/// do.
pub(crate) fn shipping_address(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["object", "null"],
        "required": ["line1", "city", "postal_code", "country"],
        "properties": {
            "name": line("Who receives it, if not the customer.", 200, false),
            "line1": line("Street and number, or whatever stands first.", 200, true),
            "line2": line("Flat, floor, care of.", 200, false),
            "city": line("City, town or village.", 100, true),
            "region": line("State, province, prefecture or county.", 100, false),
            "postal_code": line("Post code.", 20, true),
            "country": { "description": "ISO 3166-1 alpha-2.", "type": "string", "enum": countries::all() },
        },
        "additionalProperties": false,
    })
}

fn line(description: &str, most_chars: usize, is_required: bool) -> Value {
    let of_type = if is_required { json!("string") } else { json!(["string", "null"]) };
    json!({
        "description": description,
        "type": of_type,
        "minLength": 1,
        "maxLength": most_chars,
        "pattern": LINE_PATTERN,
    })
}
