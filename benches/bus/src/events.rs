//! Events that both consumers take: products that nobody has heard of.

use serde_json::json;
use tradepost_ids::ProductId;
use uuid::Uuid;

/// The type of all of them.
pub(crate) const TYPE: &str = "tradepost.catalog.product-created.v1";

/// Puts one of them into the catalog's outbox.
pub(crate) const WRITE: &str = "
    INSERT INTO catalog.outbox (id, source, type, subject, time, partitionkey, sequence, data)
    VALUES ($1::text::uuid, '/catalog', 'tradepost.catalog.product-created.v1', $2, now(), $2, 1, $3::text::jsonb)";

/// Id, subject and payload of a new one.
pub(crate) fn fresh() -> (String, String, String) {
    let id = Uuid::now_v7();
    let subject = ProductId::from_uuid(id).to_string();
    let data = json!({
        "id": subject,
        "sku": id.simple().to_string(),
        "name": "Bookcase Billy",
        "description": null,
        "price": {"amount": 26_196, "currency": "USD"},
        "categories": ["furniture"],
        "attributes": {"colour": "oak"},
        "active": true,
        "created_at": "2026-11-22T12:00:00Z",
        "version": 1,
    });
    (Uuid::now_v7().to_string(), subject, data.to_string())
}
