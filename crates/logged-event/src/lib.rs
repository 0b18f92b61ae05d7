//! How an event of the log looks to the staff: CloudEvents with our own ids and plain numbers.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::Error as _;
use serde_json::value::RawValue;
use tradepost_ids::EventId;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

/// An event, as a port's store has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// A UUID.
    pub id: String,
    /// The context it comes from, as `/catalog`.
    pub source: String,
    /// CloudEvents type.
    pub event_type: String,
    /// Public id of what it happened to.
    pub subject: String,
    /// In microseconds since 1970-01-01T00:00:00Z.
    pub time: i64,
    /// What its deliveries are ordered by.
    pub partitionkey: String,
    /// From 1 without gaps for each source and subject.
    pub sequence: u64,
    /// W3C trace context of the request that caused it.
    pub traceparent: Option<String>,
    /// The payload, JSON.
    pub data: String,
}

/// A port's `event`, whose Rust type is each component's own, as a [`LoggedEvent`].
#[macro_export]
macro_rules! of_port {
    ($event:expr) => {{
        let event = $event;
        $crate::LoggedEvent {
            id: event.id,
            source: event.source,
            event_type: event.event_type,
            subject: event.subject,
            time: event.time,
            partitionkey: event.partitionkey,
            sequence: event.sequence,
            traceparent: event.traceparent,
            data: event.data,
        }
    }};
}

impl LoggedEvent {
    /// The id as clients see it. An error is the store's fault: what is logged has a UUID.
    pub fn event_id(&self) -> Result<EventId, serde_json::Error> {
        let uuid = Uuid::try_parse(&self.id)
            .map_err(|_| serde_json::Error::custom("an event's id is not a UUID"))?;
        Ok(EventId::from_uuid(uuid))
    }

    /// The event in JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        #[derive(Serialize)]
        struct Attributes<'a> {
            id: EventId,
            source: &'a str,
            #[serde(rename = "type")]
            event_type: &'a str,
            subject: &'a str,
            time: Timestamp,
            sequence: u64,
            partitionkey: &'a str,
            traceparent: Option<&'a str>,
        }

        let attributes = Attributes {
            id: self.event_id()?,
            source: &self.source,
            event_type: &self.event_type,
            subject: &self.subject,
            time: Timestamp::from_micros(self.time),
            sequence: self.sequence,
            partitionkey: &self.partitionkey,
            traceparent: self.traceparent.as_deref(),
        };
        match without_secrets(&self.data)? {
            Some(data) => with_member(&attributes, "data", data.as_bytes()),
            None => with_member(&attributes, "data", self.data.as_bytes()),
        }
    }
}

/// Members of payloads that consumers need and nobody is to read: whoever has a payment method can charge it.
const SECRETS: &[&str] = &["payment_method"];

/// The payload without its secrets; `None` if it has none. What else it holds is passed on as it is.
fn without_secrets(data: &str) -> Result<Option<String>, serde_json::Error> {
    if !SECRETS.iter().any(|secret| data.contains(secret)) {
        return Ok(None);
    }
    let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(data)?;
    members.retain(|name, _| !SECRETS.contains(&name.as_str()));
    serde_json::to_string(&members).map(Some)
}

/// `object`, which has at least one member, in JSON with one more whose value is JSON already and is passed on as it is:
/// a payload that was parsed and written again would lose the digits that no `f64` has.
pub fn with_member<T: Serialize>(
    object: &T,
    name: &'static str,
    value: &[u8],
) -> Result<Vec<u8>, serde_json::Error> {
    let mut json = serde_json::to_vec(object)?;
    if json.pop() != Some(b'}') {
        return Err(serde_json::Error::custom("only an object can have one more member"));
    }
    json.push(b',');
    serde_json::to_writer(&mut json, name)?;
    json.push(b':');
    json.extend_from_slice(value);
    json.push(b'}');
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::{LoggedEvent, with_member};
    use serde_json::{Value, json};

    fn event() -> LoggedEvent {
        LoggedEvent {
            id: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
            source: "/catalog".to_owned(),
            event_type: "tradepost.catalog.product-created.v1".to_owned(),
            subject: "product_01h455vb4pex5vsknk084sn02q".to_owned(),
            time: 1_795_348_800_123_457,
            partitionkey: "a \"key\"".to_owned(),
            sequence: 7,
            traceparent: None,
            data: r#"{"amount": 9007199254740993.000000000000000001}"#.to_owned(),
        }
    }

    #[test]
    fn an_event_is_one_object_with_its_payload_untouched() {
        let json = String::from_utf8(event().to_json().unwrap()).unwrap();
        assert!(json.ends_with(r#","data":{"amount": 9007199254740993.000000000000000001}}"#), "{json}");
        let mut value: Value = serde_json::from_str(&json).unwrap();
        value.as_object_mut().unwrap().remove("data");
        assert_eq!(
            value,
            json!({
                "id": "event_01h455vb4pex5vsknk084sn02q",
                "source": "/catalog",
                "type": "tradepost.catalog.product-created.v1",
                "subject": "product_01h455vb4pex5vsknk084sn02q",
                "time": "2026-11-22T12:00:00.123457Z",
                "sequence": 7,
                "partitionkey": "a \"key\"",
                "traceparent": null,
            })
        );
    }

    #[test]
    fn what_could_be_charged_is_not_shown() {
        let data =
            r#"{"payment_method":"tok_ok","total":1.0000000000000000000001,"note":"a payment_method"}"#;
        let json = LoggedEvent { data: data.to_owned(), ..event() }.to_json().unwrap();
        let json = String::from_utf8(json).unwrap();
        let shown = r#","data":{"note":"a payment_method","total":1.0000000000000000000001}}"#;
        assert!(json.ends_with(shown), "{json}");
    }

    #[test]
    fn what_is_no_event_and_no_object_is_told() {
        assert!(LoggedEvent { id: "event_1".to_owned(), ..event() }.to_json().is_err());
        assert!(with_member(&[1], "data", b"{}").is_err());
    }
}
