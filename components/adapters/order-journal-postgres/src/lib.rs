//! The port `order-journal` on Postgres: the function `ordering.append_order_events` and the table
//! `ordering.order_events`.

use std::collections::HashMap;

use tradepost_kept_answer::{Claim, claim, find, kept_answer, of_port, parameters};
use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};
use uuid::Uuid;

mod entries;

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

use entries::entries_parameter;
use ports::exports::tradepost::ordering::order_journal::{
    AppendAllError, AppendError, Appended, Entry, Guest, IdempotencyScope, KeptAnswer, LoadError, Outcome,
    RecordedEvent, ReplayedAnswer,
};

const DATABASE: Database = Database::as_role("tradepost_ordering");

/// How many entries or streams one statement takes.
const MOST: usize = 1_000;

struct Journal;

impl Guest for Journal {
    async fn append(entry: Entry, answer: Option<KeptAnswer>) -> Result<Appended, AppendError> {
        // Under a key a second run finds the first one's answer. Without one it would find its own events and call
        // that a conflict.
        let repeat = if answer.is_some() { Repeat::Safe } else { Repeat::Never };
        let statement = concat!(
            "SELECT outcome, version, status, location, body
             FROM ordering.append_order_events($10::text::json, ",
            kept_answer!(),
            ")"
        );
        let row = match entries_parameter(&[entry]) {
            Ok(entries) => {
                let mut parameters = parameters(answer.map(|answer| of_port!(answer)));
                parameters.push(entries);
                DATABASE.query_optional(statement, parameters, repeat).await
            }
            Err(failure) => Err(failure),
        };
        let outcome =
            row.and_then(|row| outcome_of(row.ok_or_else(|| Failure::Other("no outcome".to_owned()))?));
        outcome.unwrap_or_else(|failure| match failure {
            Failure::Unavailable(reason) => Err(AppendError::Unavailable(reason)),
            failure => Err(AppendError::Other(failure.to_string())),
        })
    }

    async fn append_all(entries: Vec<Entry>) -> Result<Vec<Outcome>, AppendAllError> {
        append_all(&entries).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => AppendAllError::Unavailable(reason),
            failure => AppendAllError::Other(failure.to_string()),
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
        let streams = streams_of(vec![order_id]).await.map_err(load_error)?;
        Ok(streams.into_iter().next().unwrap_or_default())
    }

    async fn load_all(order_ids: Vec<String>) -> Result<Vec<Vec<RecordedEvent>>, LoadError> {
        streams_of(order_ids).await.map_err(load_error)
    }
}

fn load_error(failure: Failure) -> LoadError {
    match failure {
        Failure::Unavailable(reason) => LoadError::Unavailable(reason),
        failure => LoadError::Other(failure.to_string()),
    }
}

async fn append_all(entries: &[Entry]) -> Result<Vec<Outcome>, Failure> {
    if entries.is_empty() {
        return Ok(Vec::new());
    }
    let statement = "SELECT outcome, version FROM ordering.append_order_events($1::text::json, NULL)";
    let rows = DATABASE.query(statement, vec![entries_parameter(entries)?], Repeat::Never).await?;
    let outcomes = rows.into_iter().map(|mut row| {
        let (outcome, version): (String, Option<i64>) = (row.take()?, row.take()?);
        match outcome.as_str() {
            "appended" => Ok(Outcome::AtVersion(whole(version)?)),
            "version_conflict" => Ok(Outcome::VersionConflict),
            other => Err(Failure::Other(format!("unknown outcome {other}"))),
        }
    });
    let outcomes = outcomes.collect::<Result<Vec<_>, Failure>>()?;
    if outcomes.len() == entries.len() {
        Ok(outcomes)
    } else {
        Err(Failure::Other("there is not one outcome for each entry".to_owned()))
    }
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

/// What is no UUID is the id of nothing.
async fn streams_of(order_ids: Vec<String>) -> Result<Vec<Vec<RecordedEvent>>, Failure> {
    if order_ids.len() > MOST {
        return Err(Failure::Other(format!("a call loads up to {MOST} streams, not {}", order_ids.len())));
    }
    let uuids: Vec<Option<Uuid>> = order_ids.iter().map(|id| Uuid::try_parse(id).ok()).collect();
    let known = uuids.iter().flatten().map(|id| Some(id.to_string())).collect::<Vec<_>>();
    if known.is_empty() {
        return Ok(vec![Vec::new(); order_ids.len()]);
    }
    let statement = "
        SELECT order_id, event_id, type, data::text, (extract(epoch FROM occurred_at) * 1000000)::bigint, version,
               actor, traceparent, caused_by
        FROM ordering.order_events
        WHERE order_id = ANY ($1::text[]::uuid[])
        ORDER BY order_id, version";
    let rows = DATABASE.query(statement, vec![Parameter::ArrayStr(known)], Repeat::Safe).await?;
    let mut streams: HashMap<String, Vec<RecordedEvent>> = HashMap::new();
    for mut row in rows {
        let order_id: String = row.take()?;
        streams.entry(order_id).or_default().push(RecordedEvent {
            id: row.take()?,
            event_type: row.take()?,
            data: row.take()?,
            occurred_at: row.take()?,
            version: whole(Some(row.take::<i64>()?))?,
            actor: row.take()?,
            traceparent: row.take()?,
            caused_by: row.take()?,
        });
    }
    // Cloned, for an id may be asked for twice.
    let stream_of = |id: &Option<Uuid>| id.and_then(|id| streams.get(&id.to_string()).cloned());
    Ok(uuids.iter().map(|id| stream_of(id).unwrap_or_default()).collect())
}

fn whole<N, T: TryFrom<N>>(number: Option<N>) -> Result<T, Failure> {
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| Failure::Other("a number is missing or out of range".to_owned()))
}
