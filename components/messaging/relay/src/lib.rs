//! The relay: brings events from the outboxes to the consumers, and supervises how they take them.
//!
//! A POST is all it is told: a command's kick, or the periodic tick. It then takes what is due, delivers it, settles what
//! became of it and takes again, until nothing is due. Any number of relays may be at it at once, on any number of
//! hosts: the queue gives each of them other mailboxes.

mod counts;
mod delivery;
mod outages;
mod ports;
mod run;
mod settings;
mod turn;

use tradepost_private_route::{json, only_post, private_route, text};
use wasip3::http::types::{Request, Response};

use ports::event_queue::QueueError;
use run::{Ran, run};
use settings::Settings;

private_route!(handle);

/// 200 with counts when nothing more is due or the time for a run is over; 202 when a run is under way in this instance
/// already, which will look once more before it ends; 503 when the queue cannot be reached or a variable is missing.
async fn handle(request: Request) -> Response {
    if let Err(response) = only_post(&request) {
        return response;
    }
    let outcome = match Settings::read().await {
        Ok(settings) => run(settings).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(Ran::Through(counts)) => json(200, serde_json::to_vec(&counts).unwrap_or_default()),
        Ok(Ran::ByAnother) => text(202, "A run is under way and will look once more"),
        // The tick tells what is said here; a line of our own each time would drown the log while Postgres is away.
        Err(error) => text(503, &error),
    }
}

const NANOSECONDS: u64 = 1_000_000_000;

fn reason(error: QueueError) -> String {
    match error {
        QueueError::Unavailable(reason) => format!("the queue is unavailable: {reason}"),
        QueueError::Other(reason) => format!("the queue failed: {reason}"),
    }
}
