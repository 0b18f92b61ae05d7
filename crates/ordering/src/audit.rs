//! The audit history as clients see it: who did what, and when.

use serde::Serialize;
use serde_json::Value;
use tradepost_ids::EventId;
use tradepost_timestamp::Timestamp;

/// One event of an order's stream.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditItem {
    /// The event's id.
    pub id: EventId,
    /// What happened: the CloudEvents type.
    #[serde(rename = "type")]
    pub event_type: String,
    /// Its place in the stream, from 1 without gaps.
    pub version: u64,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Who caused it: `anonymous`, `admin`, a TypeID, or the id of a component that acted by itself.
    pub actor: String,
    /// W3C trace context of the request that caused it.
    pub traceparent: Option<String>,
    /// The event that it answers to, if any.
    pub caused_by: Option<EventId>,
    /// The payload as it was recorded, whatever shape was current then, without what could be charged again.
    pub data: Value,
}

impl AuditItem {
    /// What is shown of a recorded payload.
    pub fn data_of(recorded: &str) -> Result<Value, serde_json::Error> {
        let mut data: Value = serde_json::from_str(recorded)?;
        if let Some(members) = data.as_object_mut() {
            members.remove("payment_method");
        }
        Ok(data)
    }
}
