//! `POST /dead-letters/:letter_id/replay`: an event that was set aside is tried again.

use serde_json::{Value, json};
use tradepost_endpoint::{Admitted, Reply, Scope, endpoint, idempotency_of, key_reused, staff};
use tradepost_ids::LetterId;
use tradepost_problem::Problem;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:messaging-dead-letter-replay;

            world component {
                import tradepost:messaging/event-replays@0.1.0;
            }
        ",
        path: "../../../wit/messaging",
        generate_all,
    });
}

use ports::tradepost::messaging::event_replays::{self as replays, ReplayError, Resumed};

endpoint! {
    "/dead-letters/:letter_id/replay";
    POST (staff(Scope::EventsWrite).without_body()) => replay,
}

async fn replay(request: &Admitted) -> Result<Reply, Problem> {
    let id = request.path_parameter("letter_id").and_then(|id| id.parse::<LetterId>().ok());
    let id = id.ok_or_else(letter_not_found)?;
    let idempotency = request.idempotency(&Value::Null)?;
    let idempotency = idempotency.map(|idempotency| idempotency_of!(replays, idempotency));
    let resumed = replays::replay_dead_letter(id.as_uuid().to_string(), idempotency).await;
    match resumed.map_err(replay_problem)? {
        Resumed::Now => {
            tradepost_relay_kick::after_response();
            accepted(id)
        }
        Resumed::Before => Ok(accepted(id)?.given_before()),
        Resumed::NotFound => Err(letter_not_found()),
    }
}

fn accepted(id: LetterId) -> Result<Reply, Problem> {
    Reply::accepted(&json!({ "id": id }))
}

fn replay_problem(error: ReplayError) -> Problem {
    match error {
        ReplayError::KeyReused => key_reused(),
        ReplayError::Unavailable(cause) => Problem::unavailable(cause),
        ReplayError::Other(cause) => Problem::internal(cause),
    }
}

/// A letter that was replayed is there no more.
fn letter_not_found() -> Problem {
    Problem::not_found("Dead letter not found")
}
