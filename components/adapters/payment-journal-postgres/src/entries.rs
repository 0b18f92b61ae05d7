//! Entries as the functions take them.

use serde::Serialize;
use serde_json::value::RawValue;
use tradepost_ids::OrderId;
use tradepost_postgres::Failure;
use uuid::Uuid;

use crate::ports::exports::tradepost::payment::payment_journal::{Entry, NewEvent, Transfer};

#[derive(Serialize)]
struct EntryForm<'a> {
    payment_id: &'a str,
    subject: OrderId,
    expected_version: i64,
    actor: &'a str,
    traceparent: Option<&'a str>,
    due_at: Option<i64>,
    email_digest: Option<String>,
    method_digest: Option<String>,
    events: Vec<EventForm<'a>>,
}

/// Its payloads are JSON already.
#[derive(Serialize)]
struct EventForm<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    data: &'a RawValue,
    published: &'a RawValue,
    occurred_at: i64,
    transfers: Vec<TransferForm<'a>>,
}

#[derive(Serialize)]
struct TransferForm<'a> {
    id: &'a str,
    debit: &'a str,
    credit: &'a str,
    currency: &'a str,
    amount: i64,
}

pub(crate) fn one(entry: &Entry) -> Result<String, Failure> {
    json(&form(entry)?)
}

pub(crate) fn many(entries: &[Entry]) -> Result<String, Failure> {
    json(&entries.iter().map(form).collect::<Result<Vec<_>, _>>()?)
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::Other(error.to_string()))
}

fn form(entry: &Entry) -> Result<EntryForm<'_>, Failure> {
    let uuid = Uuid::try_parse(&entry.payment_id).map_err(|error| Failure::Other(error.to_string()))?;
    Ok(EntryForm {
        payment_id: &entry.payment_id,
        subject: OrderId::from_uuid(uuid),
        // No stream is that long, so a version that Postgres cannot count on from is in conflict like any other.
        expected_version: i64::try_from(entry.expected_version).unwrap_or(i64::MAX).min(i64::MAX - 1_000),
        actor: &entry.actor,
        traceparent: entry.traceparent.as_deref(),
        due_at: entry.due_at,
        email_digest: entry.digests.email.as_deref().map(hex::encode),
        method_digest: entry.digests.method.as_deref().map(hex::encode),
        events: entry.events.iter().map(event).collect::<Result<_, _>>()?,
    })
}

fn event(event: &NewEvent) -> Result<EventForm<'_>, Failure> {
    Ok(EventForm {
        id: &event.id,
        event_type: &event.event_type,
        data: raw(&event.data)?,
        published: raw(&event.published)?,
        occurred_at: event.occurred_at,
        transfers: event.transfers.iter().map(transfer).collect(),
    })
}

/// Not with `serde_json`'s words, which may quote what must not be told.
fn raw(text: &str) -> Result<&RawValue, Failure> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Failure::Other(format!("a payload is not JSON at line {line}, column {column}"))
    })
}

fn transfer(transfer: &Transfer) -> TransferForm<'_> {
    TransferForm {
        id: &transfer.id,
        debit: &transfer.debit,
        credit: &transfer.credit,
        currency: &transfer.currency,
        amount: transfer.amount,
    }
}
