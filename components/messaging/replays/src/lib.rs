//! `POST /events/replays`: a consumer gets logged events once more.

use std::time::Duration;

use serde::Serialize;
use tradepost_endpoint::{Admitted, Reply, Scope, endpoint, idempotency_of, key_reused, now, staff};
use tradepost_problem::Problem;
use tradepost_timestamp::Timestamp;

mod request;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:messaging-replays;

            world component {
                import tradepost:messaging/event-replays@0.1.0;
            }
        ",
        path: "../../../wit/messaging",
        generate_all,
    });
}

use ports::tradepost::messaging::event_replays::{self as replays, ReplayError, Selection, Step, Stepped};
use request::ReplayRequest;

/// How many events one statement puts into mailboxes. Meanwhile new events of the same keys wait, so not too many.
const STEP: u32 = 1_000;

/// After this much time no further step is begun, which leaves the answer enough of the request's own deadline. What is
/// left is for the next request.
const LONGEST: Duration = Duration::from_secs(10);

endpoint! {
    "/events/replays";
    POST (staff(Scope::EventsWrite)) => create,
}

/// What was done, and where a next request goes on: `null` when nothing is left.
#[derive(Serialize)]
struct Replayed {
    replayed: u64,
    position: Option<i64>,
}

async fn create(request: &Admitted) -> Result<Reply, Problem> {
    let body = request.json()?;
    let ReplayRequest { consumer, key_member, event_types, from, to, position } = ReplayRequest::read(&body)?;
    let idempotency = request.idempotency(&body)?;
    let selection = Selection {
        consumer,
        event_types,
        key_member,
        since: from.map(Timestamp::as_micros),
        until: to.map(Timestamp::as_micros),
    };

    if let Some(idempotency) = idempotency {
        let idempotency = idempotency_of!(replays, idempotency);
        // The one step that is kept with what it does.
        let stepped = replays::replay(selection, position, STEP, Some(idempotency)).await;
        return match stepped.map_err(replay_problem)? {
            Stepped::Now(Step { events, next }) => answer(events, next),
            Stepped::Before(Step { events, next }) => Ok(accepted(events, next)?.given_before()),
        };
    }
    let (replayed, position) = replay(selection, position).await?;
    answer(replayed, position)
}

/// Makes steps for as long as a request may take: how many events they replayed, and where a next one goes on.
async fn replay(selection: Selection, mut position: Option<i64>) -> Result<(u64, Option<i64>), Problem> {
    let end = now().saturating_add(LONGEST);
    let mut replayed = 0;
    loop {
        let stepped =
            replays::replay(selection.clone(), position, STEP, None).await.map_err(replay_problem)?;
        let (Stepped::Now(step) | Stepped::Before(step)) = stepped;
        replayed += step.events;
        position = step.next;
        if position.is_none() || now() >= end {
            return Ok((replayed, position));
        }
    }
}

fn answer(replayed: u64, position: Option<i64>) -> Result<Reply, Problem> {
    if replayed > 0 {
        tradepost_relay_kick::after_response();
    }
    accepted(replayed, position)
}

fn accepted(replayed: u64, position: Option<i64>) -> Result<Reply, Problem> {
    Reply::accepted(&Replayed { replayed, position })
}

fn replay_problem(error: ReplayError) -> Problem {
    match error {
        ReplayError::KeyReused => key_reused(),
        ReplayError::Unavailable(cause) => Problem::unavailable(cause),
        ReplayError::Other(cause) => Problem::internal(cause),
    }
}
