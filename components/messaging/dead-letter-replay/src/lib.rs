//! `POST /dead-letters/:letter_id/replay`: an event that was set aside is tried again.

use serde_json::json;
use tradepost_endpoint::{Admitted, Reply, admin, endpoint};
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

use ports::tradepost::messaging::event_replays::{ReplayError, replay_dead_letter};

endpoint! {
    "/dead-letters/:letter_id/replay";
    POST (admin().without_body()) => replay,
}

async fn replay(request: &Admitted) -> Result<Reply, Problem> {
    let id = request.path_parameter("letter_id").and_then(|id| id.parse::<LetterId>().ok());
    let id = id.ok_or_else(letter_not_found)?;
    let replayed = replay_dead_letter(id.as_uuid().to_string()).await.map_err(|error| match error {
        ReplayError::Unavailable(cause) => Problem::unavailable(cause),
        ReplayError::Other(cause) => Problem::internal(cause),
    })?;
    if !replayed {
        return Err(letter_not_found());
    }
    tradepost_relay_kick::after_response();
    Reply::accepted(&json!({ "id": id }))
}

/// A letter that was replayed is there no more.
fn letter_not_found() -> Problem {
    Problem::not_found("Dead letter not found")
}
