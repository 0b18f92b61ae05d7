//! The port `event-queue` on Postgres: the functions `messaging.take` and `messaging.settle`.

/// Sets, for this statement's transaction, that its commit does not wait for the disk.
///
/// What a crash of the server could then undo is as if it had not happened: events are in their outboxes and mailboxes
/// again, and are delivered again to consumers who know them. It cannot undo less: whoever commits after it and waits,
/// as every command and consumer does, waits for all that was written to the log before. A take and a settlement for
/// each batch would otherwise be half of all that the disk is waited for.
macro_rules! without_waiting {
    () => {
        "set_config('synchronous_commit', 'off', true)"
    };
}

mod settling;
mod taking;

use tradepost_postgres::{Database, Failure};

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Queue;

    wit_bindgen::generate!({
        inline: "
            package tradepost:event-queue-postgres;

            world component {
                export tradepost:messaging/event-queue@0.1.0;
            }
        ",
        path: "../../../wit/messaging",
        generate_all,
    });

    export!(Queue);
}

use ports::exports::tradepost::messaging::event_queue::{
    Guest, Limits, QueueError, Settlement, Subscription, Turn,
};

const DATABASE: Database = Database::as_role("tradepost_messaging");

struct Queue;

impl Guest for Queue {
    async fn take(
        token: String,
        subscriptions: Vec<Subscription>,
        limits: Limits,
    ) -> Result<Vec<Turn>, QueueError> {
        taking::take(token, subscriptions, limits).await.map_err(queue_error)
    }

    async fn settle(token: String, settlements: Vec<Settlement>) -> Result<u32, QueueError> {
        settling::settle(token, settlements).await.map_err(queue_error)
    }
}

fn queue_error(failure: Failure) -> QueueError {
    match failure {
        Failure::Unavailable(reason) => QueueError::Unavailable(reason),
        failure => QueueError::Other(failure.to_string()),
    }
}

/// A number as Postgres counts, which ends at about two thousand million: as much of anything as there can be here.
fn integer(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
