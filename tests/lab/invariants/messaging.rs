//! Events on their way.

use crate::invariants::none;
use crate::story::Verdict;
use crate::world::World;

/// Every event, dispatched or not. While there is no relay they stay in the outboxes.
const EVENTS: &str =
    "(SELECT id, source, subject, sequence, position + 1000000000 AS place FROM messaging.outbox
                       UNION ALL SELECT id, source, subject, sequence, position FROM messaging.events)";

/// The outboxes are empty, so are the mailboxes, and nothing was set aside.
pub(crate) async fn nothing_under_way(world: &World) -> Verdict {
    if World::has_relay() {
        none(world, "SELECT 'not dispatched: ' || type || ' of ' || subject FROM messaging.outbox").await?;
    }
    none(world, "SELECT 'waits: ' || row_to_json(mailbox) FROM messaging.mailboxes AS mailbox").await?;
    none(world, "SELECT 'undelivered: ' || row_to_json(delivery) FROM messaging.deliveries AS delivery")
        .await?;
    none(world, "SELECT 'set aside: ' || row_to_json(letter) FROM messaging.dead_letters AS letter").await
}

/// An aggregate's events are numbered from 1 without a gap, and logged in that order.
pub(crate) async fn gap_free_sequences(world: &World) -> Verdict {
    let query = format!(
        "SELECT source || ' ' || subject || ' has ' || array_agg(sequence ORDER BY place)::text
         FROM (
             SELECT *, row_number() OVER (PARTITION BY source, subject ORDER BY place) AS ordinal
             FROM {EVENTS} AS event
         ) AS event
         GROUP BY source, subject
         HAVING bool_or(sequence <> ordinal)"
    );
    none(world, &query).await
}
