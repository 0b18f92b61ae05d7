//! Events as they are written, from texts that lie elsewhere.

use serde::Serialize;
use serde_json::value::RawValue;
use tradepost_timestamp::Timestamp;

use crate::{JsonContent, SpecVersion, write_sequence};

/// An event on its way out; the fields are those of [`CloudEvent`](crate::CloudEvent).
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "they are documented at CloudEvent")]
pub struct Outgoing<'a> {
    pub id: &'a str,
    pub source: &'a str,
    pub event_type: &'a str,
    pub subject: &'a str,
    pub time: Timestamp,
    pub partitionkey: &'a str,
    pub sequence: u64,
    pub traceparent: Option<&'a str>,
    /// The payload in JSON, which is written as it is. What is no JSON is written as null, which is nobody's payload:
    /// the event's reader then rejects it, and the batch around it stays readable.
    pub data: &'a str,
}

/// What is written, in this order.
#[derive(Serialize)]
struct Form<'a> {
    specversion: SpecVersion,
    id: &'a str,
    source: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    subject: &'a str,
    time: Timestamp,
    partitionkey: &'a str,
    #[serde(serialize_with = "write_sequence")]
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    datacontenttype: JsonContent,
    data: &'a RawValue,
}

impl<'a> From<Outgoing<'a>> for Form<'a> {
    fn from(event: Outgoing<'a>) -> Self {
        Self {
            specversion: SpecVersion::Only,
            id: event.id,
            source: event.source,
            event_type: event.event_type,
            subject: event.subject,
            time: event.time,
            partitionkey: event.partitionkey,
            sequence: event.sequence,
            traceparent: event.traceparent,
            datacontenttype: JsonContent::Only,
            data: serde_json::from_str(event.data).unwrap_or(RawValue::NULL),
        }
    }
}

/// The body of an `application/cloudevents-batch+json`: the events in their order.
pub fn batch<'a>(events: impl IntoIterator<Item = Outgoing<'a>>) -> Vec<u8> {
    let forms: Vec<Form<'_>> = events.into_iter().map(Form::from).collect();
    // Writing texts and numbers into memory cannot fail; an empty body would be refused as no batch.
    serde_json::to_vec(&forms).unwrap_or_default()
}
