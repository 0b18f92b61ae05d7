//! The port `event-replays` on Postgres: the functions `messaging.replay` and `messaging.replay_dead_letter`.

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

use ports::exports::tradepost::messaging::event_replays::{Guest, ReplayError, Selection, Step};

const DATABASE: Database = Database::as_role("tradepost_messaging");

struct Replays;

impl Guest for Replays {
    async fn replay(selection: Selection, position: Option<i64>, most: u32) -> Result<Step, ReplayError> {
        replay(selection, position, most).await.map_err(replay_error)
    }

    async fn replay_dead_letter(id: String) -> Result<bool, ReplayError> {
        if Uuid::try_parse(&id).is_err() {
            return Ok(false);
        }
        replay_dead_letter(id).await.map_err(replay_error)
    }
}

async fn replay(selection: Selection, position: Option<i64>, most: u32) -> Result<Step, Failure> {
    let statement = "SELECT replayed, last_position FROM messaging.replay($1, $2, $3, $4, $5, $6, $7)";
    let bigint = |number: Option<i64>| number.map_or(Parameter::DbNull, Parameter::Int64);
    let parameters = vec![
        Parameter::Str(selection.consumer),
        Parameter::ArrayStr(selection.event_types.into_iter().map(Some).collect()),
        bigint(selection.since),
        bigint(selection.until),
        bigint(position),
        Parameter::Int32(i32::try_from(most).unwrap_or(i32::MAX)),
        selection.key_member.map_or(Parameter::DbNull, Parameter::Str),
    ];
    let row = DATABASE.query_optional(statement, parameters, Repeat::Safe).await?;
    let mut row = row.ok_or_else(|| Failure::Other("a step answered nothing".to_owned()))?;
    Ok(Step { events: row.take::<i64>()?.unsigned_abs(), next: row.take()? })
}

/// Sent once only: a second run would say that there is no such letter, when its first run has just replayed it.
async fn replay_dead_letter(id: String) -> Result<bool, Failure> {
    let statement = "SELECT messaging.replay_dead_letter($1)";
    let row = DATABASE.query_optional(statement, vec![Parameter::Uuid(id)], Repeat::Never).await?;
    row.ok_or_else(|| Failure::Other("a replay answered nothing".to_owned()))?.take()
}

fn replay_error(failure: Failure) -> ReplayError {
    match failure {
        Failure::Unavailable(reason) => ReplayError::Unavailable(reason),
        failure => ReplayError::Other(failure.to_string()),
    }
}
