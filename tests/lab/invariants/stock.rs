//! Stock: the level, its movements, the reservations and what is told of them.

use crate::invariants::none;
use crate::story::{Verdict, ensure};
use crate::world::World;
use tradepost_tests::books;

/// The level is the sum of its movements, which are numbered without a gap.
pub(crate) async fn levels_are_sums_of_movements(world: &World) -> Verdict {
    none(
        world,
        "SELECT stock.sku || ': ' || row_to_json(stock)::text || ' but movements ' || row_to_json(moved)::text
         FROM inventory.stock
         LEFT JOIN LATERAL (
             SELECT coalesce(sum(on_hand_delta), 0) AS on_hand, coalesce(sum(reserved_delta), 0) AS reserved,
                    count(*) AS movements, coalesce(max(number), 0) AS last
             FROM inventory.movements WHERE movements.sku = stock.sku
         ) AS moved ON true
         WHERE (stock.on_hand, stock.reserved, stock.movements, stock.movements)
            IS DISTINCT FROM (moved.on_hand, moved.reserved, moved.movements, moved.last)",
    )
    .await
}

/// What is reserved is what the held reservations want.
pub(crate) async fn reserved_is_what_is_held(world: &World) -> Verdict {
    none(
        world,
        "SELECT stock.sku || ' reserved ' || stock.reserved || ' but held ' || held.quantity
         FROM inventory.stock
         CROSS JOIN LATERAL (
             SELECT coalesce(sum(line.quantity), 0) AS quantity
             FROM inventory.reservation_lines AS line
             JOIN inventory.reservations AS reservation USING (order_id)
             WHERE line.sku = stock.sku AND reservation.state = 'held'
         ) AS held
         WHERE stock.reserved <> held.quantity",
    )
    .await
}

/// Every decision and every end of a reservation, and every adjustment, is told once.
pub(crate) async fn what_happened_is_told(world: &World) -> Verdict {
    none(
        world,
        "WITH told AS (
             SELECT type, subject FROM messaging.outbox WHERE source = '/inventory'
             UNION ALL SELECT type, subject FROM messaging.events WHERE source = '/inventory'
         ), happened AS (
             SELECT 'tradepost.inventory.stock-' || CASE WHEN short IS NULL THEN 'reserved' ELSE 'rejected' END || '.v1'
                 AS type, subject FROM inventory.reservations WHERE events > 0
             UNION ALL
             SELECT 'tradepost.inventory.reservation-' || state || '.v1', subject
             FROM inventory.reservations WHERE ended_at IS NOT NULL AND events > 0
             UNION ALL
             SELECT 'tradepost.inventory.stock-adjusted.v1', sku FROM inventory.movements WHERE kind = 'adjusted'
         )
         (SELECT 'happened, not told: ' || row_to_json(happened)::text
          FROM (TABLE happened EXCEPT ALL SELECT * FROM told) AS happened)
         UNION ALL
         (SELECT 'told, did not happen: ' || row_to_json(told)::text
          FROM (SELECT * FROM told WHERE type NOT IN ('tradepost.inventory.stock-low.v1',
                                                      'tradepost.inventory.stock-restocked.v1')
                EXCEPT ALL TABLE happened) AS told)",
    )
    .await
}

/// The events under a SKU are as many as its row counts.
pub(crate) async fn events_are_counted(world: &World) -> Verdict {
    none(
        world,
        "SELECT stock.sku || ' counts ' || stock.events || ' events of ' || told.events
         FROM inventory.stock
         CROSS JOIN LATERAL (
             SELECT (SELECT count(*) FROM messaging.outbox WHERE source = '/inventory' AND subject = stock.sku)
                  + (SELECT count(*) FROM messaging.events WHERE source = '/inventory' AND subject = stock.sku)
                 AS events
         ) AS told
         WHERE stock.events <> told.events",
    )
    .await
}

/// All that the soak asks of stock and of what orders did to it.
pub(crate) async fn books_balance(world: &World) -> Verdict {
    let mut faults = books::inventory_faults(&world.sql).await;
    faults.extend(books::order_faults(&world.sql).await);
    ensure(faults.is_empty(), || faults.join("; "))
}
