//! Orders: the stream says everything, and everything says the same as the stream.

use crate::invariants::none;
use crate::story::{Verdict, ensure};
use crate::world::World;
use serde_json::Value;
use tradepost_ids::OrderId;
use tradepost_ordering::{Order, Recorded};
use uuid::Uuid;

/// What happened to orders is what the other contexts are told.
pub(crate) async fn streams_and_events_agree(world: &World) -> Verdict {
    none(
        world,
        "WITH told AS (
             SELECT id, type, sequence FROM messaging.outbox WHERE source = '/ordering'
             UNION ALL SELECT id, type, sequence FROM messaging.events WHERE source = '/ordering'
         ), recorded AS (
             SELECT event_id, type, version FROM ordering.order_events
         )
         (SELECT 'recorded, not told: ' || recorded::text FROM (TABLE recorded EXCEPT ALL TABLE told) AS recorded)
         UNION ALL
         (SELECT 'told, not recorded: ' || told::text FROM (TABLE told EXCEPT ALL TABLE recorded) AS told)",
    )
    .await
}

/// Folding the stream makes the head, what the last event carried, and what readers see.
pub(crate) async fn the_stream_explains_the_state(world: &World) -> Verdict {
    let heads = "
        SELECT head.order_id, head.status, head.version, head.view::text, told.data::text
        FROM ordering.orders AS head
        LEFT JOIN LATERAL (
            SELECT data -> 'order' AS data FROM messaging.events
            WHERE source = '/ordering' AND partitionkey = subject AND data -> 'order' ->> 'id' = head.view ->> 'id'
            ORDER BY sequence DESC LIMIT 1
        ) AS told ON true
        ORDER BY head.order_id";
    let heads = world.sql.query(heads, &[]).await.map_err(|error| format!("{error:?}"))?;
    for head in heads {
        let (id, status, version): (Uuid, &str, i64) = (head.get(0), head.get(1), head.get(2));
        let events = stream(world, id).await?;
        let folded = Order::fold(&events);
        let view = folded.view(OrderId::from_uuid(id)).ok_or_else(|| format!("{id} is no order"))?;
        let view = serde_json::to_value(&view).map_err(|error| error.to_string())?;
        let same = |what: &str, text: Option<&str>| {
            let found: Value = serde_json::from_str(text.unwrap_or("null")).unwrap_or_default();
            ensure(found == view, || format!("{what} of {id} is {found}, but its stream makes {view}"))
        };
        same("the head", Some(head.get(3)))?;
        same("the last event", head.get(4))?;
        ensure(view["status"] == status && view["version"] == version, || {
            format!("the columns of {id} say {status} and {version}, its stream makes {view}")
        })?;
        let shown = world.shown(&format!("order:{id}"))?;
        same("the view", shown.as_deref())?;
    }
    Ok(())
}

/// What happened to an order, in order.
async fn stream(world: &World, id: Uuid) -> Result<Vec<Recorded>, String> {
    let events =
        "SELECT type, data::text, (extract(epoch FROM occurred_at) * 1000000)::bigint, caused_by::text
                  FROM ordering.order_events WHERE order_id = $1 ORDER BY version";
    let rows = world.sql.query(events, &[&id]).await.map_err(|error| format!("{error:?}"))?;
    rows.iter()
        .map(|row| {
            Recorded::read(row.get(0), row.get(1), row.get(2), row.get(3)).map_err(|error| error.to_string())
        })
        .collect()
}

/// Whatever was accepted has come to an end.
pub(crate) async fn every_order_has_ended(world: &World) -> Verdict {
    none(
        world,
        "SELECT view ->> 'id' || ' is ' || status FROM ordering.orders
         WHERE status NOT IN ('completed', 'cancelled', 'rejected', 'expired')",
    )
    .await
}

/// An order that ended without being sent holds no stock; one that was sent, what was sent.
pub(crate) async fn stock_is_where_the_order_is(world: &World) -> Verdict {
    none(
        world,
        "WITH left_stock AS (
             SELECT line.order_id, line.sku,
                    CASE reservation.state WHEN 'committed' THEN line.quantity - line.restocked ELSE 0 END AS gone,
                    CASE reservation.state WHEN 'held' THEN line.quantity ELSE 0 END AS held
             FROM inventory.reservation_lines AS line
             JOIN inventory.reservations AS reservation USING (order_id)
         ), wanted AS (
             SELECT head.order_id, head.status, line ->> 'sku' AS sku,
                    (line ->> 'fulfilled')::bigint AS fulfilled, (line ->> 'open')::bigint AS open
             FROM ordering.orders AS head, json_array_elements(head.view -> 'lines') AS line
         )
         SELECT wanted.order_id || ' is ' || status || ': ' || row_to_json(wanted)::text || ' but '
                || row_to_json(left_stock)::text
         FROM wanted LEFT JOIN left_stock USING (order_id, sku)
         WHERE CASE
             WHEN status IN ('placed', 'on_hold', 'completed')
             THEN (coalesce(gone, 0), coalesce(held, 0)) <> (fulfilled + open, 0)
             WHEN status IN ('cancelled', 'rejected', 'expired') THEN coalesce(gone, 0) <> 0 OR coalesce(held, 0) <> 0
             ELSE coalesce(gone, 0) <> 0
         END",
    )
    .await
}
