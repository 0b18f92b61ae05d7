//! The envelope in which events leave a context: CloudEvents 1.0 in its JSON format.
//!
//! Only what an outbox row of this project holds is here, and all of it is required: CloudEvents leaves `subject`,
//! `time` and the extensions to the producer's choice, and this is the choice. The binary mode of HTTP and
//! attributes that nobody here sets are absent. [`CloudEvent`] is an event as it is read. The statement that appends an
//! event fills the row's columns itself, and whoever delivers the rows writes each as an [`Outgoing`].

mod outgoing;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize as DeriveDeserialize, Serialize};
use serde_json::Value;
use tradepost_timestamp::Timestamp;

pub use outgoing::{Outgoing, batch};

/// An event with its envelope. Reading one refuses a missing or empty attribute and other versions than 1.0;
/// attributes that are not listed here are passed over, as the specification wants from receivers.
#[derive(Debug, Clone, PartialEq, Serialize, DeriveDeserialize)]
pub struct CloudEvent {
    /// Version of the specification.
    pub specversion: SpecVersion,
    /// Names the event within its source: a UUIDv7. A redelivered event has the same id.
    #[serde(deserialize_with = "non_empty")]
    pub id: String,
    /// Where the event comes from, as a URI reference: `/ordering`.
    #[serde(deserialize_with = "non_empty")]
    pub source: String,
    /// What happened, with the version of the payload's shape: `tradepost.ordering.order-placed.v1`.
    #[serde(rename = "type", deserialize_with = "non_empty")]
    pub event_type: String,
    /// What it happened to: the aggregate's TypeID.
    #[serde(deserialize_with = "non_empty")]
    pub subject: String,
    /// When it happened.
    pub time: Timestamp,
    /// Events with the same key are delivered in order (extension "partitioning").
    #[serde(deserialize_with = "non_empty")]
    pub partitionkey: String,
    /// The event's place in its aggregate's stream, from 1 without gaps (extension "sequence"). The extension
    /// asks for text that sorts, hence 20 digits with leading zeros: as many as 2^64 − 1 has.
    #[serde(serialize_with = "write_sequence", deserialize_with = "read_sequence")]
    pub sequence: u64,
    /// W3C trace context of the request that caused it (extension "distributed tracing").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// What `data` is.
    pub datacontenttype: JsonContent,
    /// The payload.
    pub data: Value,
}

impl CloudEvent {
    /// The payload as what [`CloudEvent::event_type`] says that it is.
    ///
    /// # Errors
    /// The payload has another shape; the text names the field.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.data)
    }
}

/// Declares a type with one value, whose JSON form is one text.
macro_rules! only {
    ($(#[$doc:meta])* $name:ident = $text:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, DeriveDeserialize)]
        pub enum $name {
            #[doc = concat!("`", $text, "`")]
            #[default]
            #[serde(rename = $text)]
            Only,
        }
    };
}

only! {
    /// The one version of CloudEvents that is spoken here.
    SpecVersion = "1.0"
}

only! {
    /// The one content type of payloads.
    JsonContent = "application/json"
}

fn non_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Err(de::Error::invalid_length(0, &"a text that is not empty")) } else { Ok(text) }
}

#[cfg_attr(
    target_pointer_width = "64",
    expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands fields over by reference")
)]
fn write_sequence<S: Serializer>(sequence: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{sequence:020}"))
}

/// The bare number is read too: brokers' bridges like to turn digits into one.
fn read_sequence<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Sequence;

    impl Visitor<'_> for Sequence {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a sequence number as text")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<u64, E> {
            let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
            let number = if digits_only { text.parse().ok() } else { None };
            number.ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
        }

        fn visit_u64<E>(self, number: u64) -> Result<u64, E> {
            Ok(number)
        }
    }

    deserializer.deserialize_any(Sequence)
}
