//! The port `order-journal` on Postgres: the function `ordering.append_order_events` and the table
//! `ordering.order_events`.

use serde::Serialize;
use serde_json::value::RawValue;
use tradepost_ids::OrderId;
use tradepost_kept_answer::{Claim, claim, find, kept_answer, of_port, parameters};
use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Journal;

    wit_bindgen::generate!({
        inline: "
            package tradepost:order-journal-postgres;

            world component {
                export tradepost:ordering/order-journal@0.1.0;
            }
        ",
        path: "../../../wit/ordering",
        generate_all,
    });

    export!(Journal);
}

use ports::exports::tradepost::ordering::order_journal::{
    AppendError, Appended, Entry, Guest, IdempotencyScope, LoadError, NewEvent, RecordedEvent, ReplayedAnswer,
};

const DATABASE: Database = Database::as_role("tradepost_ordering");

struct Journal;

impl Guest for Journal {
    async fn append(entry: Entry) -> Result<Appended, AppendError> {
        // Under a key a second run finds the first one's answer. Without one it would find its own events and call
        // that a conflict.
        let repeat = if entry.answer.is_some() { Repeat::Safe } else { Repeat::Never };
        let statement = concat!(
            "SELECT outcome, version, status, location, body
             FROM ordering.append_order_events($10, $11, $12, $13::text::jsonb, $14, $15, ",
            kept_answer!(),
            ")"
        );
        let row = match parameters_of(entry) {
            Ok(parameters) => DATABASE.query_optional(statement, parameters, repeat).await,
            Err(failure) => Err(failure),
        };
        let outcome =
            row.and_then(|row| outcome_of(row.ok_or_else(|| Failure::Other("no outcome".to_owned()))?));
        outcome.unwrap_or_else(|failure| match failure {
            Failure::Unavailable(reason) => Err(AppendError::Unavailable(reason)),
            failure => Err(AppendError::Other(failure.to_string())),
        })
    }

    async fn find_answer(
        scope: IdempotencyScope,
        fingerprint: Vec<u8>,
    ) -> Result<Option<ReplayedAnswer>, LoadError> {
        answer_under(scope, fingerprint).await.map_err(load_error)
    }

    async fn load(order_id: String) -> Result<Vec<RecordedEvent>, LoadError> {
        if Uuid::try_parse(&order_id).is_err() {
            return Ok(Vec::new());
        }
        stream_of(order_id).await.map_err(load_error)
    }
}

fn load_error(failure: Failure) -> LoadError {
    match failure {
        Failure::Unavailable(reason) => LoadError::Unavailable(reason),
        failure => LoadError::Other(failure.to_string()),
    }
}

/// An event as the function takes it. Its payload is JSON already.
#[derive(Serialize)]
struct EventParameter<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    data: &'a RawValue,
    occurred_at: i64,
}

fn parameters_of(entry: Entry) -> Result<Vec<Parameter>, Failure> {
    let other = |error: &dyn std::fmt::Display| Failure::Other(error.to_string());
    let order_id = Uuid::try_parse(&entry.order_id).map_err(|error| other(&error))?;
    // No stream is that long, so a version that Postgres cannot count to is in conflict like any other.
    let expected_version = i64::try_from(entry.expected_version).unwrap_or(i64::MAX);
    let mut parameters = parameters(entry.answer.map(|answer| of_port!(answer)));
    parameters.extend([
        Parameter::Uuid(entry.order_id),
        Parameter::Str(OrderId::from_uuid(order_id).to_string()),
        Parameter::Int64(expected_version),
        Parameter::Str(events_json(&entry.events).map_err(|error| other(&error))?),
        Parameter::Str(entry.actor),
        entry.traceparent.map_or(Parameter::DbNull, Parameter::Str),
    ]);
    Ok(parameters)
}

fn events_json(events: &[NewEvent]) -> Result<String, serde_json::Error> {
    let events = events.iter().map(|event| {
        Ok(EventParameter {
            id: &event.id,
            event_type: &event.event_type,
            data: serde_json::from_str(&event.data)?,
            occurred_at: event.occurred_at,
        })
    });
    serde_json::to_string(&events.collect::<Result<Vec<_>, serde_json::Error>>()?)
}

fn outcome_of(mut row: Row) -> Result<Result<Appended, AppendError>, Failure> {
    let outcome: String = row.take()?;
    let version: Option<i64> = row.take()?;
    match (claim(&outcome, &mut row)?, outcome.as_str()) {
        (Some(Claim::Replayed(answer)), _) => Ok(Ok(Appended::Replayed(ReplayedAnswer {
            status: answer.status,
            location: answer.location,
            body: answer.body,
        }))),
        (Some(Claim::Reused), _) => Ok(Err(AppendError::KeyReused)),
        (None, "appended") => Ok(Ok(Appended::AtVersion(whole(version)?))),
        (None, "version_conflict") => Ok(Err(AppendError::VersionConflict)),
        (None, other) => Err(Failure::Other(format!("unknown outcome {other}"))),
    }
}

async fn answer_under(
    scope: IdempotencyScope,
    fingerprint: Vec<u8>,
) -> Result<Option<ReplayedAnswer>, Failure> {
    let IdempotencyScope { principal, method, path, key } = scope;
    let answer = find(DATABASE, "ordering", [principal, method, path, key], fingerprint).await?;
    Ok(answer.map(|answer| ReplayedAnswer {
        status: answer.status,
        location: answer.location,
        body: answer.body,
    }))
}

async fn stream_of(order_id: String) -> Result<Vec<RecordedEvent>, Failure> {
    let statement = "
        SELECT event_id, type, data::text, (extract(epoch FROM occurred_at) * 1000000)::bigint, version, actor,
               traceparent
        FROM ordering.order_events
        WHERE order_id = $1
        ORDER BY version";
    let rows = DATABASE.query(statement, vec![Parameter::Uuid(order_id)], Repeat::Safe).await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(RecordedEvent {
                id: row.take()?,
                event_type: row.take()?,
                data: row.take()?,
                occurred_at: row.take()?,
                version: whole(Some(row.take::<i64>()?))?,
                actor: row.take()?,
                traceparent: row.take()?,
            })
        })
        .collect()
}

fn whole<N, T: TryFrom<N>>(number: Option<N>) -> Result<T, Failure> {
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| Failure::Other("a number is missing or out of range".to_owned()))
}
