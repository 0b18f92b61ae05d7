//! The port `event-replays` on Postgres: the functions `messaging.replay_under_key` and
//! `messaging.replay_dead_letter_under_key`.

use serde::Deserialize;
use tradepost_kept_answer::{Claim, claim, kept_answer, of_key, parameters};
use tradepost_postgres::{Database, Failure, Parameter, Repeat};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Replays;

    wit_bindgen::generate!({
        inline: "
            package tradepost:event-replays-postgres;

            world component {
                export tradepost:messaging/event-replays@0.1.0;
            }
        ",
        path: "../../../wit/messaging",
        generate_all,
    });

    export!(Replays);
}

use ports::exports::tradepost::messaging::event_replays::{
    Guest, Idempotency, ReplayError, Resumed, Selection, Step, Stepped,
};

const DATABASE: Database = Database::as_role("tradepost_messaging");

struct Replays;

impl Guest for Replays {
    async fn replay(
        selection: Selection,
        position: Option<i64>,
        most: u32,
        idempotency: Option<Idempotency>,
    ) -> Result<Stepped, ReplayError> {
        let stepped = stepped(selection, position, most, idempotency).await;
        stepped.map_err(replay_error)?.ok_or(ReplayError::KeyReused)
    }

    async fn replay_dead_letter(
        id: String,
        idempotency: Option<Idempotency>,
    ) -> Result<Resumed, ReplayError> {
        if Uuid::try_parse(&id).is_err() {
            return Ok(Resumed::NotFound);
        }
        resumed(id, idempotency).await.map_err(replay_error)?.ok_or(ReplayError::KeyReused)
    }
}

/// `None`: the key was used before for something else.
async fn stepped(
    selection: Selection,
    position: Option<i64>,
    most: u32,
    idempotency: Option<Idempotency>,
) -> Result<Option<Stepped>, Failure> {
    let statement = concat!(
        "SELECT outcome, events, last_position, status, location, body
         FROM messaging.replay_under_key($10, $11, $12, $13, $14, $15, $16, ",
        kept_answer!(),
        ")"
    );
    let bigint = |number: Option<i64>| number.map_or(Parameter::DbNull, Parameter::Int64);
    let mut parameters = parameters(idempotency.map(|idempotency| of_key!(idempotency, 202)));
    parameters.extend([
        Parameter::Str(selection.consumer),
        Parameter::ArrayStr(selection.event_types.into_iter().map(Some).collect()),
        bigint(selection.since),
        bigint(selection.until),
        bigint(position),
        Parameter::Int32(i32::try_from(most).unwrap_or(i32::MAX)),
        selection.key_member.map_or(Parameter::DbNull, Parameter::Str),
    ]);
    let row = DATABASE.query_optional(statement, parameters, Repeat::Safe).await?;
    let mut row = row.ok_or_else(no_outcome)?;
    let outcome: String = row.take()?;
    let (events, next): (Option<i64>, Option<i64>) = (row.take()?, row.take()?);
    match (claim(&outcome, &mut row)?, outcome.as_str()) {
        (Some(Claim::Replayed(kept)), _) => Ok(Some(Stepped::Before(kept_step(&kept.body)?))),
        (Some(Claim::Reused), _) => Ok(None),
        (None, "stepped") => {
            let events = events.ok_or_else(|| Failure::Other("a step without a count".to_owned()))?;
            Ok(Some(Stepped::Now(Step { events: events.unsigned_abs(), next })))
        }
        (None, unknown) => Err(unknown_outcome(unknown)),
    }
}

fn kept_step(body: &[u8]) -> Result<Step, Failure> {
    #[derive(Deserialize)]
    struct KeptStep {
        events: u64,
        next: Option<i64>,
    }

    let KeptStep { events, next } = serde_json::from_slice(body)
        .map_err(|error| Failure::Other(format!("the kept step cannot be read: {error}")))?;
    Ok(Step { events, next })
}

/// `None`: the key was used before for something else.
async fn resumed(id: String, idempotency: Option<Idempotency>) -> Result<Option<Resumed>, Failure> {
    let statement = concat!(
        "SELECT outcome, status, location, body FROM messaging.replay_dead_letter_under_key($10, ",
        kept_answer!(),
        ")"
    );
    // Without a key a second run would say that there is no such letter, when its first run has just replayed it.
    let repeat = if idempotency.is_some() { Repeat::Safe } else { Repeat::Never };
    let mut parameters = parameters(idempotency.map(|idempotency| of_key!(idempotency, 202)));
    parameters.push(Parameter::Uuid(id));
    let mut row = DATABASE.query_optional(statement, parameters, repeat).await?.ok_or_else(no_outcome)?;
    let outcome: String = row.take()?;
    match (claim(&outcome, &mut row)?, outcome.as_str()) {
        (Some(Claim::Replayed(_)), _) => Ok(Some(Resumed::Before)),
        (Some(Claim::Reused), _) => Ok(None),
        (None, "resumed") => Ok(Some(Resumed::Now)),
        (None, "not_found") => Ok(Some(Resumed::NotFound)),
        (None, unknown) => Err(unknown_outcome(unknown)),
    }
}

fn no_outcome() -> Failure {
    Failure::Other("no outcome".to_owned())
}

fn unknown_outcome(outcome: &str) -> Failure {
    Failure::Other(format!("unknown outcome {outcome}"))
}

fn replay_error(failure: Failure) -> ReplayError {
    match failure {
        Failure::Unavailable(reason) => ReplayError::Unavailable(reason),
        failure => ReplayError::Other(failure.to_string()),
    }
}
