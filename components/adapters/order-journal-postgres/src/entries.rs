//! Entries as `ordering.append_order_events` takes them.

use serde::Serialize;
use serde_json::value::RawValue;
use tradepost_ids::OrderId;
use tradepost_postgres::{Failure, Parameter};
use uuid::Uuid;

use crate::ports::exports::tradepost::ordering::order_journal::{Entry, Head, NewEvent};

#[derive(Serialize)]
struct EntryParameter<'a> {
    order_id: &'a str,
    subject: String,
    expected_version: i64,
    actor: &'a str,
    traceparent: Option<&'a str>,
    head: HeadParameter<'a>,
    events: Vec<EventParameter<'a>>,
}

#[derive(Serialize)]
struct HeadParameter<'a> {
    customer: Option<&'a str>,
    status: &'a str,
    created_at: i64,
    status_since: i64,
    view: &'a RawValue,
}

/// Payloads are JSON already.
#[derive(Serialize)]
struct EventParameter<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    data: &'a RawValue,
    published: Option<&'a RawValue>,
    caused_by: Option<&'a str>,
    occurred_at: i64,
}

/// The function's first parameter.
pub(crate) fn entries_parameter(entries: &[Entry]) -> Result<Parameter, Failure> {
    let entries: Vec<EntryParameter<'_>> =
        entries.iter().map(entry_parameter).collect::<Result<_, Failure>>()?;
    serde_json::to_string(&entries).map(Parameter::Str).map_err(other)
}

fn entry_parameter(entry: &Entry) -> Result<EntryParameter<'_>, Failure> {
    let order_id = Uuid::try_parse(&entry.order_id).map_err(other)?;
    Ok(EntryParameter {
        order_id: &entry.order_id,
        subject: OrderId::from_uuid(order_id).to_string(),
        // No stream is that long, so a version that Postgres cannot count to is in conflict like any other.
        expected_version: i64::try_from(entry.expected_version).unwrap_or(i64::MAX).min(i64::MAX - 100),
        actor: &entry.actor,
        traceparent: entry.traceparent.as_deref(),
        head: head_parameter(&entry.head)?,
        events: entry.events.iter().map(event_parameter).collect::<Result<_, Failure>>()?,
    })
}

fn head_parameter(head: &Head) -> Result<HeadParameter<'_>, Failure> {
    Ok(HeadParameter {
        customer: head.customer.as_deref(),
        status: &head.status,
        created_at: head.created_at,
        status_since: head.status_since,
        view: serde_json::from_str(&head.view).map_err(other)?,
    })
}

fn event_parameter(event: &NewEvent) -> Result<EventParameter<'_>, Failure> {
    Ok(EventParameter {
        id: &event.id,
        event_type: &event.event_type,
        data: serde_json::from_str(&event.data).map_err(other)?,
        published: event.published.as_deref().map(serde_json::from_str).transpose().map_err(other)?,
        caused_by: event.caused_by.as_deref(),
        occurred_at: event.occurred_at,
    })
}

fn other(error: impl std::fmt::Display) -> Failure {
    Failure::Other(error.to_string())
}
