//! `POST /events/replays`: a consumer gets logged events once more.

use std::time::Duration;

use serde::Serialize;
use tradepost_endpoint::{Admitted, Reply, admin, endpoint, now};
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

use ports::tradepost::messaging::event_replays::{ReplayError, Selection, replay};
use request::ReplayRequest;

/// How many events one statement puts into mailboxes. Meanwhile new events of the same keys wait, so not too many.
const STEP: u32 = 1_000;

/// After this much time no further step is begun, which leaves the answer enough of the request's own deadline. What is
/// left is for the next request.
const LONGEST: Duration = Duration::from_secs(10);

endpoint! {
    "/events/replays";
    POST (admin()) => create,
}

/// What was done, and where a next request goes on: `null` when nothing is left.
#[derive(Serialize)]
struct Replayed {
    replayed: u64,
    position: Option<i64>,
}

async fn create(request: &Admitted) -> Result<Reply, Problem> {
    let ReplayRequest { consumer, key_member, event_types, from, to, mut position } =
        ReplayRequest::read(&request.json()?)?;
    let selection = Selection {
        consumer,
        event_types,
        key_member,
        since: from.map(Timestamp::as_micros),
        until: to.map(Timestamp::as_micros),
    };

    let end = now().saturating_add(LONGEST);
    let mut replayed = 0;
    loop {
        let step = replay(selection.clone(), position, STEP).await.map_err(|error| match error {
            ReplayError::Unavailable(cause) => Problem::unavailable(cause),
            ReplayError::Other(cause) => Problem::internal(cause),
        })?;
        replayed += step.events;
        position = step.next;
        if position.is_none() || now() >= end {
            break;
        }
    }
    if replayed > 0 {
        tradepost_relay_kick::after_response();
    }
    Reply::accepted(&Replayed { replayed, position })
}
