//! Orders: the stream says everything, and everything says the same as the stream.

use crate::invariants::none;
use crate::story::{Verdict, ensure};
use crate::world::World;
use std::collections::BTreeSet;
use tradepost_ids::OrderId;
use tradepost_ordering::{Order, Recorded, evolve};
use uuid::Uuid;

/// Of every event in a stream the other contexts are told, once and in its place, and of nothing else.
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

/// The stream explains everything: folding it gives, event by event, the order that others were told, and in the end
/// the head. An event of another context is answered by one change at most.
pub(crate) async fn streams_explain_orders(world: &World) -> Verdict {
    let rows = "
        SELECT event.order_id, event.type, event.data::text,
               (extract(epoch FROM event.occurred_at) * 1000000)::bigint, event.caused_by,
               (SELECT data->>'order' FROM messaging.outbox WHERE id = event.event_id
                UNION ALL SELECT data->>'order' FROM messaging.events WHERE id = event.event_id),
               stood.view::text, stood.status, stood.version, event.version
        FROM ordering.order_events AS event LEFT JOIN ordering.orders AS stood USING (order_id)
        ORDER BY event.order_id, event.version";
    let rows = world.sql.query(rows, &[]).await.map_err(|error| format!("{error:?}"))?;
    let mut order = Order::default();
    let mut answered = BTreeSet::new();
    let mut last_cause = None;
    for row in rows {
        let (id, version): (Uuid, i64) = (row.get(0), row.get(9));
        if version == 1 {
            (order, last_cause) = (Order::default(), None);
        }
        let cause: Option<Uuid> = row.get(4);
        if let Some(cause) = cause.filter(|_| cause != last_cause) {
            ensure(answered.insert((id, cause)), || format!("order {id} answers {cause} twice"))?;
        }
        last_cause = cause;
        let cause = cause.map(|cause| cause.to_string());
        let recorded = Recorded::read(row.get(1), row.get(2), row.get(3), cause.as_deref());
        order = evolve(order, &recorded.map_err(|error| format!("order {id}: {error}"))?);
        let view =
            order.view(OrderId::from_uuid(id)).ok_or_else(|| format!("order {id} has no beginning"))?;
        let same = |told: Option<&str>| {
            told.is_some_and(|told| {
                serde_json::from_str(told).is_ok_and(|told: serde_json::Value| {
                    serde_json::to_value(&view).is_ok_and(|view| view == told)
                })
            })
        };
        ensure(same(row.get(5)), || format!("others were told another order {id} at version {version}"))?;
        if row.get::<_, Option<i64>>(8) == Some(version) {
            let is_head = same(row.get(6)) && row.get::<_, Option<&str>>(7) == Some(view.status.as_str());
            ensure(is_head, || format!("the head of {id} shows another order than its stream"))?;
        }
    }
    none(
        world,
        "SELECT 'the head of ' || order_id || ' is at version ' || coalesce(stood.version::text, 'none')
         FROM (SELECT order_id, max(version) AS version FROM ordering.order_events GROUP BY order_id) AS stream
         FULL JOIN ordering.orders AS stood USING (order_id)
         WHERE stood.version IS DISTINCT FROM stream.version",
    )
    .await
}

/// Readers see the head.
pub(crate) async fn views_show_the_heads(world: &World) -> Verdict {
    let heads = "SELECT order_id, view::text FROM ordering.orders ORDER BY order_id";
    let heads = world.sql.query(heads, &[]).await.map_err(|error| format!("{error:?}"))?;
    for head in heads {
        let (id, view): (Uuid, &str) = (head.get(0), head.get(1));
        let shown = world.shown(&format!("order:{id}"))?;
        ensure(shown.as_deref() == Some(view), || format!("{id} is {view}, and is shown as {shown:?}"))?;
    }
    Ok(())
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
