//! JSON Schemas of the Rust types.
//!
//! A type may look otherwise in a request than in an answer: there, fields may be left out and unknown ones are refused;
//! here, all are there and others may come. So each has a generator of its own, and a type that is used in both and
//! differs has two names.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};
use tradepost_input::{LINE_PATTERN, TEXT_PATTERN};

/// How a description refers to a type before it is known which of two generators makes its schema.
pub(crate) type SchemaOf = fn(&mut Schemas) -> Value;

/// Where schemas of requests stand until it is known whether they have their name to themselves.
const REQUESTS: &str = "/components/requests";
const RESPONSES: &str = "/components/schemas";

pub(crate) struct Schemas {
    requests: SchemaGenerator,
    responses: SchemaGenerator,
}

pub(crate) fn request<T: JsonSchema>(schemas: &mut Schemas) -> Value {
    let mut schema = Schema::into(schemas.requests.subschema_for::<T>());
    close(&mut schema);
    schema
}

pub(crate) fn response<T: JsonSchema>(schemas: &mut Schemas) -> Value {
    Schema::into(schemas.responses.subschema_for::<T>())
}

impl Schemas {
    pub(crate) fn new() -> Self {
        let settings = |path: &'static str| {
            SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = path.into())
        };
        Self {
            requests: settings(REQUESTS).for_deserialize().into_generator(),
            responses: settings(RESPONSES).for_serialize().into_generator(),
        }
    }

    /// Puts all schemas into the document, and makes every reference in it one to where they stand.
    pub(crate) fn finish(mut self, document: &mut Value) {
        let mut all = self.responses.take_definitions(true);
        let mut requests = self.requests.take_definitions(true);
        let mut renamed = Map::new();
        for (name, schema) in &mut requests {
            close(schema);
            let is_other = all.get(name).is_some_and(|there| there != schema);
            let own = if is_other { format!("{name}Request") } else { name.clone() };
            renamed.insert(name.clone(), own.into());
        }
        for (name, schema) in requests {
            let own = renamed.get(&name).and_then(Value::as_str).unwrap_or(&name);
            all.insert(own.to_owned(), schema);
        }
        for (name, schema) in all {
            if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
                schemas.insert(name, schema);
            }
        }
        point(document, &renamed);
    }
}

/// Unknown fields of requests are refused. Defaults are told in words: what a Rust type makes of an absent field is not
/// always what the rules make of it, and generators take a field with a default for one that is always there.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            count_what_is_trimmed(members);
            say_what_text_may_be(members);
            if ["type", "$ref", "anyOf"].iter().any(|name| members.contains_key(*name)) {
                members.remove("default");
            }
            if members.contains_key("properties") && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".to_owned(), false.into());
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// A line of text may have blanks around it, which do not count for its length. `maxLength` would count them, a pattern need
/// not.
fn count_what_is_trimmed(schema: &mut Map<String, Value>) {
    let is_line = schema.get("pattern").is_some_and(|pattern| pattern == LINE_PATTERN);
    let Some(most) = schema.get("maxLength").and_then(Value::as_u64).filter(|_| is_line) else { return };
    let inner = format!("{{0,{}}}", most.saturating_sub(2));
    schema.insert("pattern".to_owned(), LINE_PATTERN.replacen("]*[", &format!("]{inner}["), 1).into());
    schema.remove("minLength");
    schema.remove("maxLength");
}

/// What is said of no text in particular is said of all.
fn say_what_text_may_be(schema: &mut Map<String, Value>) {
    let is_text = match schema.get("type") {
        Some(Value::String(name)) => name == "string",
        Some(Value::Array(names)) => names.iter().any(|name| name == "string"),
        _ => false,
    };
    // Other formats have no place for it.
    let is_free = schema.get("format").is_none_or(|format| format == "password")
        && ["pattern", "enum", "const"].iter().all(|name| !schema.contains_key(*name));
    if is_text && is_free {
        schema.insert("pattern".to_owned(), TEXT_PATTERN.into());
    }
}

fn point(value: &mut Value, renamed: &Map<String, Value>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref") {
                let name = reference.strip_prefix("#").and_then(|path| path.strip_prefix(REQUESTS));
                let own = name.and_then(|name| renamed.get(name.trim_start_matches('/'))?.as_str());
                if let Some(own) = own {
                    *reference = format!("#{RESPONSES}/{own}");
                }
            }
            members.values_mut().for_each(|value| point(value, renamed));
        }
        Value::Array(items) => items.iter_mut().for_each(|value| point(value, renamed)),
        _ => {}
    }
}
