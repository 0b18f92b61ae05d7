//! Whether the inventory's tables agree with each other and with what was told: true after whatever happened.

use tokio_postgres::Client;

/// One row for each thing that is wrong.
const FAULTS: &str = "
WITH movement AS (
    SELECT sku, sum(on_hand_delta)::bigint AS on_hand, sum(reserved_delta)::bigint AS reserved,
           count(*) AS count, max(number) AS latest
    FROM inventory.movements
    GROUP BY sku
), held AS (
    SELECT line.sku, sum(line.quantity)::bigint AS quantity
    FROM inventory.reservation_lines AS line
    JOIN inventory.reservations USING (order_id)
    WHERE state = 'held'
    GROUP BY line.sku
), told AS (
    SELECT subject, type, sequence, id, data FROM messaging.outbox WHERE source = '/inventory'
    UNION ALL
    SELECT subject, type, sequence, id, data FROM messaging.events WHERE source = '/inventory'
), stream AS (
    SELECT subject, count(*) AS count, count(DISTINCT sequence) AS different, max(sequence) AS latest
    FROM told
    GROUP BY subject
)
SELECT 'the level of ' || stock.sku || ' is not the sum of its movements'
FROM inventory.stock LEFT JOIN movement USING (sku)
WHERE (stock.on_hand, stock.reserved, stock.movements)
      IS DISTINCT FROM
      (coalesce(movement.on_hand, 0), coalesce(movement.reserved, 0), coalesce(movement.count, 0))
UNION ALL
SELECT 'the movements of ' || sku || ' have gaps' FROM movement WHERE latest <> count
UNION ALL
SELECT 'movements of ' || sku || ', which is not in stock'
FROM movement LEFT JOIN inventory.stock USING (sku) WHERE stock.sku IS NULL
UNION ALL
SELECT 'what is reserved of ' || stock.sku || ' is not what orders hold'
FROM inventory.stock LEFT JOIN held USING (sku)
WHERE stock.reserved <> coalesce(held.quantity, 0)
UNION ALL
SELECT 'more of ' || sku || ' is promised than there is' FROM inventory.stock WHERE reserved > on_hand
UNION ALL
SELECT 'the events of ' || subject || ' have gaps' FROM stream WHERE latest <> count OR different <> count
UNION ALL
SELECT sku || ' counts other events than were told'
FROM inventory.stock LEFT JOIN stream ON subject = sku WHERE events <> coalesce(count, 0)
UNION ALL
SELECT reservation.subject || ' counts other events than were told'
FROM inventory.reservations AS reservation LEFT JOIN stream USING (subject) WHERE events <> coalesce(count, 0)
UNION ALL
SELECT 'two events have the id ' || id::text FROM told GROUP BY id HAVING count(*) > 1
UNION ALL
SELECT 'an adjustment of ' || sku || ' and its event do not say the same'
FROM (
    SELECT sku, row_number() OVER (PARTITION BY sku ORDER BY number) AS place, on_hand_delta, on_hand, reserved, reason, actor
    FROM (
        SELECT *, sum(on_hand_delta) OVER so_far AS on_hand, sum(reserved_delta) OVER so_far AS reserved
        FROM inventory.movements
        WINDOW so_far AS (PARTITION BY sku ORDER BY number)
    ) AS movement
    WHERE kind = 'adjusted'
) AS adjusted
FULL JOIN (
    SELECT subject AS sku, row_number() OVER (PARTITION BY subject ORDER BY sequence) AS place, data
    FROM told
    WHERE type = 'tradepost.inventory.stock-adjusted.v1'
) AS adjusted_told USING (sku, place)
WHERE data IS DISTINCT FROM jsonb_build_object(
    'sku', sku, 'delta', on_hand_delta, 'on_hand', on_hand, 'reserved', reserved,
    'available', on_hand - reserved, 'reason', reason, 'actor', actor
)
UNION ALL
SELECT reservation.subject || ' moved ' || line.sku || ' other than its state says'
FROM inventory.reservations AS reservation
JOIN inventory.reservation_lines AS line USING (order_id)
LEFT JOIN LATERAL (
    SELECT coalesce(array_agg(kind ORDER BY number), '{}') AS kinds
    FROM inventory.movements AS movement
    WHERE movement.order_id = line.order_id AND movement.sku = line.sku
      AND line.quantity = abs(movement.reserved_delta)
) AS moved ON true
WHERE moved.kinds <> CASE reservation.state
    WHEN 'rejected' THEN '{}'
    WHEN 'held' THEN '{reserved}'
    ELSE ARRAY['reserved', reservation.state]
END
UNION ALL
SELECT reservation.subject || ' told other than its state says'
FROM inventory.reservations AS reservation
LEFT JOIN LATERAL (
    SELECT coalesce(array_agg(type ORDER BY sequence), '{}') AS types FROM told WHERE told.subject = reservation.subject
) AS told ON true
WHERE array_remove(told.types, 'tradepost.inventory.stock-restocked.v1') <> CASE
    WHEN reservation.state = 'rejected' THEN '{tradepost.inventory.stock-rejected.v1}'
    WHEN reservation.state = 'held' THEN '{tradepost.inventory.stock-reserved.v1}'
    -- An order that had ended before anything was reserved for it.
    WHEN reservation.state = 'released' AND reservation.events = 0 THEN '{}'
    ELSE ARRAY['tradepost.inventory.stock-reserved.v1',
               'tradepost.inventory.reservation-' || reservation.state || '.v1']
END
UNION ALL
SELECT reservation.subject || ' has other pieces of ' || line.sku || ' back than moved or were told'
FROM inventory.reservations AS reservation
JOIN inventory.reservation_lines AS line USING (order_id)
CROSS JOIN LATERAL (
    SELECT coalesce(sum(on_hand_delta), 0) AS quantity FROM inventory.movements AS movement
    WHERE movement.order_id = line.order_id AND movement.sku = line.sku AND kind = 'restocked'
) AS moved
CROSS JOIN LATERAL (
    SELECT coalesce(sum((back ->> 'quantity')::bigint), 0) AS quantity
    FROM told, jsonb_array_elements(data -> 'lines') AS back
    WHERE told.subject = reservation.subject AND type = 'tradepost.inventory.stock-restocked.v1'
      AND back ->> 'sku' = line.sku
) AS back
WHERE (line.restocked, line.restocked) <> (moved.quantity, back.quantity)
   OR (line.restocked > 0 AND reservation.state <> 'committed')";

/// What every published payload of the inventory is.
const PAYLOADS: &str = "
SELECT type, data::text FROM messaging.outbox WHERE source = '/inventory'
UNION ALL
SELECT type, data::text FROM messaging.events WHERE source = '/inventory'";

/// All that is wrong with the inventory's tables: levels and movements, reservations and what is reserved, states and
/// events, the events' numbers and shapes. Empty when the books balance.
pub async fn inventory_faults(database: &Client) -> Vec<String> {
    let rows = database.query(FAULTS, &[]).await.unwrap();
    let mut faults: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    for row in database.query(PAYLOADS, &[]).await.unwrap() {
        let (event_type, data): (String, String) = (row.get(0), row.get(1));
        if tradepost_events::inventory::can_be_read(&event_type, &data) != Some(true) {
            faults.push(format!("{event_type} cannot be read: {data}"));
        }
    }
    faults
}
