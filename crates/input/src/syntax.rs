//! Bytes to a JSON value, more strictly than JSON asks: an object may name a member only once.
//!
//! RFC 8259 leaves open what a repeated name means, and readers differ. A body that two readers understand in two
//! ways must not get past the first of them.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::place::push_escaped;

/// Where and why the bytes stop being JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail} at line {line} column {column}")]
pub struct SyntaxFault {
    /// Counted from 1.
    pub line: usize,
    /// Counted in bytes from 1; 0 when the fault is the line break itself.
    pub column: usize,
    /// What is wrong. A phrase without its full stop.
    pub detail: String,
    /// The member that is named twice, as a JSON pointer, when that is what is wrong.
    pub pointer: Option<String>,
}

/// Reads one JSON value and nothing after it. At most 127 arrays and objects may be nested.
pub fn parse(bytes: &[u8]) -> Result<Value, SyntaxFault> {
    if bytes.trim_ascii().is_empty() {
        return Err(SyntaxFault {
            line: 1,
            column: 1,
            detail: "the body is empty".to_owned(),
            pointer: None,
        });
    }
    let duplicate = Duplicate::default();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    Strict { duplicate: &duplicate }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| syntax_fault(&error, duplicate.pointer.take()))
}

fn syntax_fault(error: &serde_json::Error, pointer: Option<String>) -> SyntaxFault {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let detail = match &pointer {
        Some(pointer) => format!("{pointer} is given twice"),
        None if error.is_eof() => "the body ends too early".to_owned(),
        None => text.strip_suffix(&place).unwrap_or(&text).to_owned(),
    };
    SyntaxFault { line: error.line().max(1), column: error.column(), detail, pointer }
}

/// The way to a member that is named twice. It is written from its end, while the error climbs to the root, so
/// that reading a good body costs nothing for it.
#[derive(Default)]
struct Duplicate {
    pointer: RefCell<Option<String>>,
}

impl Duplicate {
    fn begin(&self, name: &str) {
        *self.pointer.borrow_mut() = Some(step(name));
    }

    /// Called at each level that an error passes, whatever error it is.
    fn climb(&self, name: impl FnOnce() -> String) {
        if let Some(pointer) = self.pointer.borrow_mut().as_mut() {
            pointer.insert_str(0, &step(&name()));
        }
    }
}

fn step(name: &str) -> String {
    let mut step = String::from("/");
    push_escaped(&mut step, name);
    step
}

/// Builds a `Value` as `serde_json`'s own visitor would, but for repeated names.
#[derive(Clone, Copy)]
struct Strict<'s> {
    duplicate: &'s Duplicate,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            match items.next_element_seed(self) {
                Ok(Some(value)) => values.push(value),
                Ok(None) => return Ok(Value::Array(values)),
                Err(error) => {
                    self.duplicate.climb(|| values.len().to_string());
                    return Err(error);
                }
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                self.duplicate.begin(&name);
                return Err(de::Error::custom("a member is given twice"));
            }
            match members.next_value_seed(self) {
                Ok(value) => object.insert(name, value),
                Err(error) => {
                    self.duplicate.climb(|| name);
                    return Err(error);
                }
            };
        }
        Ok(Value::Object(object))
    }
}
