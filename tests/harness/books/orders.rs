//! Whether orders agree with their streams, with what was told of them, and with what stock and money did for them.

use super::texts;
use serde_json::Value;
use std::collections::BTreeMap;
use tokio_postgres::Client;
use tradepost_ids::OrderId;
use tradepost_ordering::{Order, Recorded};
use uuid::Uuid;

/// Streams, heads and events; one row for each thing that is wrong.
const RECORDS: &str = "
WITH told AS (
    SELECT id, type, subject, sequence FROM messaging.outbox WHERE source = '/ordering'
    UNION ALL
    SELECT id, type, subject, sequence FROM messaging.events WHERE source = '/ordering'
), stream AS (
    SELECT order_id, count(*) AS events, max(version) AS version FROM ordering.order_events GROUP BY order_id
)
SELECT 'the stream of ' || order_id || ' has gaps' FROM stream WHERE events <> version
UNION ALL
SELECT coalesce(orders.order_id, stream.order_id) || ' has version ' || coalesce(orders.version::text, 'none')
       || ' and ' || coalesce(stream.events::text, 'no') || ' events'
FROM ordering.orders FULL JOIN stream USING (order_id)
WHERE orders.version IS DISTINCT FROM stream.events
UNION ALL
SELECT 'event ' || coalesce(event.event_id, told.id) || ' of orders is '
       || CASE WHEN told.id IS NULL THEN 'not told' ELSE 'told and did not happen' END
FROM ordering.order_events AS event FULL JOIN told ON told.id = event.event_id
WHERE (event.type, event.version) IS DISTINCT FROM (told.type, told.sequence)
UNION ALL
SELECT 'order ' || order_id || ' answered the event ' || caused_by || ' in two appends'
FROM ordering.order_events
WHERE caused_by IS NOT NULL
GROUP BY order_id, caused_by
HAVING max(version) - min(version) >= count(*)";

/// What stock did for orders that are not pending, when nothing is under way.
const STOCK: &str = "
SELECT orders.order_id || ' is ' || orders.status || ' and its reservation ' || coalesce(reservation.state, 'absent')
FROM ordering.orders
LEFT JOIN inventory.reservations AS reservation USING (order_id)
WHERE CASE orders.status
    WHEN 'pending' THEN false
    WHEN 'placed' THEN reservation.state IS DISTINCT FROM 'committed'
    WHEN 'on_hold' THEN reservation.state IS DISTINCT FROM 'committed'
    WHEN 'completed' THEN reservation.state IS DISTINCT FROM 'committed'
    ELSE reservation.state = 'held'
END
UNION ALL
SELECT orders.order_id || ' is ' || orders.status || ' and has ' || (line.quantity - line.restocked) || ' of ' || line.sku
       || ' but ' || coalesce(wanted.kept, 0) || ' are to be kept'
FROM ordering.orders
JOIN inventory.reservations AS reservation USING (order_id)
JOIN inventory.reservation_lines AS line USING (order_id)
LEFT JOIN LATERAL (
    SELECT sum((shown ->> 'open')::bigint + (shown ->> 'fulfilled')::bigint) AS kept
    FROM json_array_elements(orders.view -> 'lines') AS shown
    WHERE shown ->> 'sku' = line.sku
) AS wanted ON true
WHERE reservation.state = 'committed' AND line.quantity - line.restocked IS DISTINCT FROM coalesce(wanted.kept, 0)";

/// Every stream, in order.
const STREAMS: &str = "
SELECT event.order_id, event.type, event.data::text,
       (extract(epoch FROM event.occurred_at) * 1000000)::bigint, event.caused_by::text
FROM ordering.order_events AS event
ORDER BY event.order_id, event.version";

/// All that is wrong with orders. That stock follows them holds when nothing is under way.
pub async fn order_faults(database: &Client) -> Vec<String> {
    let mut faults = texts(database, RECORDS).await;
    faults.extend(texts(database, STOCK).await);
    let views = views(database).await;
    for (id, stream) in streams(database).await {
        faults.extend(stream.and_then(|order| view_fault(id, &order, &views[&id])).err());
    }
    faults
}

/// What every head says that its order is.
async fn views(database: &Client) -> BTreeMap<Uuid, (String, Value)> {
    let rows = database.query("SELECT order_id, status, view::text FROM ordering.orders", &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), (row.get(1), serde_json::from_str(row.get(2)).unwrap()))).collect()
}

/// Every order as its stream tells it; an error is a stream that cannot be read.
async fn streams(database: &Client) -> BTreeMap<Uuid, Result<Order, String>> {
    let mut streams: BTreeMap<Uuid, Result<Vec<Recorded>, String>> = BTreeMap::new();
    for row in database.query(STREAMS, &[]).await.unwrap() {
        let id: Uuid = row.get(0);
        let (event_type, data, at, cause) = (row.get(1), row.get(2), row.get(3), row.get(4));
        let stream = streams.entry(id).or_insert_with(|| Ok(Vec::new()));
        let read = Recorded::read(event_type, data, at, cause).map_err(|error| format!("{id}: {error}"));
        match (stream.as_mut(), read) {
            (Ok(events), Ok(event)) => events.push(event),
            (Ok(_), Err(error)) => *stream = Err(error),
            (Err(_), _) => {}
        }
    }
    streams.into_iter().map(|(id, stream)| (id, stream.map(|events| Order::fold(&events)))).collect()
}

/// The fold of the stream is what the head shows.
fn view_fault(id: Uuid, order: &Order, (status, shown): &(String, Value)) -> Result<(), String> {
    let view = order.view(OrderId::from_uuid(id)).ok_or_else(|| format!("{id} was never placed"))?;
    let view = serde_json::to_value(&view).unwrap();
    if view["status"] != status.as_str() || view != *shown {
        return Err(format!("{id} is {view} by its stream and {status}, {shown} by its head"));
    }
    Ok(())
}
