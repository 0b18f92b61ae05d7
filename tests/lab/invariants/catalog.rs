//! Products.

use crate::invariants::none;
use crate::story::Verdict;
use crate::world::World;

/// A product is what its last event says, and has as many events as its version.
pub(crate) async fn products_and_events_agree(world: &World) -> Verdict {
    none(
        world,
        "WITH told AS (
             SELECT sequence, type, data FROM messaging.outbox WHERE source = '/catalog'
             UNION ALL SELECT sequence, type, data FROM messaging.events WHERE source = '/catalog'
         ), last AS (
             SELECT DISTINCT ON (sku) data->>'sku' AS sku, sequence AS version, data->>'name' AS name,
                    (data->'price'->>'amount')::bigint AS price_amount, (data->>'active')::boolean AS active,
                    type = 'tradepost.catalog.product-archived.v1' AS archived
             FROM told, LATERAL (SELECT data->>'sku' AS sku) AS of
             ORDER BY sku, sequence DESC
         ), listed AS (
             SELECT sku, version, name, price_amount, active, archived_at IS NOT NULL AS archived
             FROM catalog.products
         )
         (SELECT 'listed, not told: ' || row_to_json(listed)::text
          FROM (TABLE listed EXCEPT TABLE last) AS listed)
         UNION ALL
         (SELECT 'told, not listed: ' || row_to_json(last)::text
          FROM (TABLE last EXCEPT TABLE listed) AS last)",
    )
    .await
}

/// At rest every product has its row of stock, and the event that opened it is remembered.
pub(crate) async fn products_are_stocked(world: &World) -> Verdict {
    none(
        world,
        "SELECT 'not stocked: ' || sku FROM catalog.products WHERE sku NOT IN (SELECT sku FROM inventory.stock)
         UNION ALL
         SELECT 'not remembered: ' || event.subject
         FROM messaging.events AS event
         WHERE event.type = 'tradepost.catalog.product-created.v1' AND NOT EXISTS (
             SELECT FROM inventory.inbox
             WHERE inbox.consumer = 'inventory-stock-openings' AND inbox.event_id = event.id
         )",
    )
    .await
}
