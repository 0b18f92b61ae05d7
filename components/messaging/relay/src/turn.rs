//! Turns as the queue gives them, in the form that the rules know.

use tradepost_chance::fresh_uuid;
use tradepost_cloudevents::Outgoing;
use tradepost_messaging::{Consequence, Placed, Settlement};
use tradepost_timestamp::Timestamp;

use crate::ports::event_queue as queue;

/// An event of a mailbox.
pub(crate) struct Event(queue::Event);

/// A mailbox's turn.
pub(crate) type Turn = tradepost_messaging::Turn<Event>;

impl Placed for Event {
    fn id(&self) -> &str {
        &self.0.id
    }

    fn position(&self) -> i64 {
        self.0.position
    }
}

/// A turn that the queue gave.
pub(crate) fn turn(turn: queue::Turn) -> Turn {
    let queue::Turn { consumer, partitionkey, attempts, events } = turn;
    Turn { consumer, partitionkey, attempts, events: events.into_iter().map(Event).collect() }
}

/// The turn's events as they are delivered.
pub(crate) fn outgoing(turn: &Turn) -> impl Iterator<Item = Outgoing<'_>> {
    turn.events.iter().map(|Event(event)| Outgoing {
        id: &event.id,
        source: &event.source,
        event_type: &event.event_type,
        subject: &event.subject,
        time: Timestamp::from_micros(event.time),
        partitionkey: &turn.partitionkey,
        sequence: event.sequence,
        traceparent: event.traceparent.as_deref(),
        data: &event.data,
    })
}

/// How the turn ended, as the queue is told.
pub(crate) fn settlement(turn: &Turn, settlement: Settlement) -> queue::Settlement {
    queue::Settlement {
        consumer: turn.consumer.clone(),
        partitionkey: turn.partitionkey.clone(),
        through: settlement.through,
        failure: settlement.failure.map(|failure| queue::Failure {
            error: failure.error,
            consequence: match failure.consequence {
                Consequence::Retry(delay) => queue::Consequence::Retry(delay),
                Consequence::RetryUncounted(delay) => queue::Consequence::RetryUncounted(delay),
                Consequence::SetAside => queue::Consequence::SetAside(fresh_uuid().to_string()),
            },
        }),
    }
}
