//! Streams as the functions return them.

use serde::Deserialize;
use serde_json::value::RawValue;
use tradepost_postgres::{Failure, Row};

use crate::ports::exports::tradepost::payment::payment_journal::{PaymentStream, Recent, RecordedEvent};

#[derive(Deserialize)]
struct EventForm<'a> {
    id: String,
    #[serde(rename = "type")]
    event_type: String,
    #[serde(borrow)]
    data: &'a RawValue,
    occurred_at: i64,
    version: u64,
    actor: String,
    traceparent: Option<String>,
}

pub(crate) fn of_row(mut row: Row) -> Result<PaymentStream, Failure> {
    let payment_id = row.take()?;
    let events: String = row.take()?;
    let (email, method): (Option<i64>, Option<i64>) = (row.take()?, row.take()?);
    let events: Vec<EventForm<'_>> = serde_json::from_str(&events).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Failure::Other(format!("a stream cannot be read at line {line}, column {column}"))
    })?;
    Ok(PaymentStream {
        payment_id,
        events: events.into_iter().map(recorded).collect(),
        recent: Recent { email: count(email), method: count(method) },
    })
}

fn recorded(event: EventForm<'_>) -> RecordedEvent {
    RecordedEvent {
        id: event.id,
        event_type: event.event_type,
        data: event.data.get().to_owned(),
        occurred_at: event.occurred_at,
        version: event.version,
        actor: event.actor,
        traceparent: event.traceparent,
    }
}

fn count(count: Option<i64>) -> u32 {
    count.and_then(|count| u32::try_from(count).ok()).unwrap_or(0)
}
