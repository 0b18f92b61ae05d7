//! Shows the gateway which sessions have ended, as their events tell it: the projection that the views of sessions are.
//!
//! A session ends once and for ever, so events may come late, twice and in any order. One that comes so late that every
//! access token of its sessions has expired has nothing to show.

use std::time::Duration;

use tradepost_chance::now;
use tradepost_consumer::{CloudEvent, Outcome, apply_by_key};
use tradepost_events::Event;
use tradepost_events::identity::SessionsEnded;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-session-views;

            world component {
                import tradepost:identity/session-views@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use ports::tradepost::identity::session_views::{ViewError, end};

/// For how long it is shown that a session has ended: longer than its access tokens live, and no longer than
/// `identity.long_ended_sessions` leaves it.
const SHOWN: Duration = Duration::from_hours(1);

tradepost_consumer::consumer!(apply);

async fn apply(events: &[CloudEvent]) -> Vec<Outcome> {
    apply_by_key(events, show).await
}

async fn show(events: &[&CloudEvent]) -> Result<(), Outcome> {
    let mut ended = Vec::new();
    for event in events {
        if is_past(event) {
            continue;
        }
        ended.extend(read(event)?.sids.iter().map(ToString::to_string));
    }
    end(ended).await.map_err(|error| match error {
        ViewError::Unavailable(reason) => Outcome::Unavailable(reason),
        ViewError::Other(reason) => Outcome::Failed(reason),
    })
}

/// Whether every access token of a session that ended then has expired by now.
fn is_past(ended: &CloudEvent) -> bool {
    ended.time.saturating_add(SHOWN) <= now()
}

fn read(event: &CloudEvent) -> Result<SessionsEnded, Outcome> {
    if event.event_type != SessionsEnded::TYPE {
        return Err(Outcome::Rejected(format!("unknown event type `{}`", event.event_type)));
    }
    serde_json::from_value(event.data.clone()).map_err(|error| {
        Outcome::Rejected(format!("malformed payload of `{}`: {error}", SessionsEnded::TYPE))
    })
}
