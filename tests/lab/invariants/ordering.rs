//! Orders.

use crate::invariants::none;
use crate::story::Verdict;
use crate::world::World;

/// The streams and what the other contexts are told of them are the same.
pub(crate) async fn streams_and_events_agree(world: &World) -> Verdict {
    none(
        world,
        "WITH told AS (
             SELECT id, type, sequence, data FROM messaging.outbox WHERE source = '/ordering'
             UNION ALL SELECT id, type, sequence, data FROM messaging.events WHERE source = '/ordering'
         ), recorded AS (
             SELECT event_id, type, version, data FROM ordering.order_events
         )
         (SELECT 'recorded, not told: ' || recorded::text FROM (TABLE recorded EXCEPT TABLE told) AS recorded)
         UNION ALL
         (SELECT 'told, not recorded: ' || told::text FROM (TABLE told EXCEPT TABLE recorded) AS told)",
    )
    .await
}
