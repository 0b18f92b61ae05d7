//! Orders that are there without anybody having been told, and what became of them.

use serde_json::{Value, json};
use tokio_postgres::Client;
use tradepost_ids::OrderId;
use tradepost_tests::Application;
use uuid::Uuid;

/// Writes an order of two teas as the journal does, `age_seconds` ago, and tells nobody of it.
pub(crate) async fn lay_down(client: &Client, age_seconds: i32) -> Uuid {
    let placed = json!({
        "owner": "anonymous",
        "lines": [{
            "sku": "tea", "name": "Tea", "quantity": 2,
            "unit_price": {"amount": 1999, "currency": "USD"}, "total": {"amount": 3998, "currency": "USD"},
        }],
        "total": {"amount": 3998, "currency": "USD"},
        "email": "ada@example.com", "payment_method": "tok_ok", "shipping_address": null,
    });
    let id = Uuid::now_v7();
    client
        .execute(
            "WITH placed AS (
                 INSERT INTO ordering.order_events (order_id, version, event_id, type, data, actor, occurred_at)
                 VALUES ($1, 1, gen_random_uuid(), 'tradepost.ordering.order-placed.v2', $2::text::jsonb,
                         'anonymous', now() - $3::int * interval '1 second')
                 RETURNING order_id, occurred_at
             )
             INSERT INTO ordering.orders (order_id, status, version, created_at, status_since, view)
             SELECT order_id, 'pending', 1, occurred_at, occurred_at, '{}' FROM placed",
            &[&id, &placed.to_string(), &age_seconds],
        )
        .await
        .unwrap();
    id
}

/// Makes what follows in the stream, `age_seconds` ago, and leaves the order in this status.
pub(crate) async fn go_on(
    client: &Client,
    order: Uuid,
    what: &str,
    data: Value,
    status: &str,
    age_seconds: i32,
) {
    client
        .execute(
            "WITH next AS (
                 INSERT INTO ordering.order_events (order_id, version, event_id, type, data, actor, occurred_at)
                 SELECT $1, max(version) + 1, gen_random_uuid(), 'tradepost.ordering.' || $2, $3::text::jsonb, 'admin',
                        now() - $5::int * interval '1 second'
                 FROM ordering.order_events WHERE order_id = $1
                 RETURNING version, occurred_at
             )
             UPDATE ordering.orders AS stood
             SET version = next.version, status = $4,
                 status_since = CASE stood.status WHEN $4 THEN status_since ELSE next.occurred_at END
             FROM next WHERE order_id = $1",
            &[&order, &what, &data.to_string(), &status, &age_seconds],
        )
        .await
        .unwrap();
}

/// The payload of order-confirmed, of a payment that is not risky.
pub(crate) fn confirmed() -> Value {
    json!({"captured": {"amount": 3998, "currency": "USD"}, "risk": {"score": 0, "reasons": [], "review": false}})
}

/// The order as its head shows it, which must be at the version of its stream.
pub(crate) async fn shown(app: &Application, order: Uuid) -> Value {
    let row = app.database().connect().await;
    let row = row
        .query_one(
            "SELECT view::text, status, version,
                    (SELECT max(version) FROM ordering.order_events AS event WHERE event.order_id = stood.order_id)
             FROM ordering.orders AS stood WHERE order_id = $1",
            &[&order],
        )
        .await
        .unwrap();
    let view: Value = serde_json::from_str(row.get(0)).unwrap();
    assert_eq!(view["status"], row.get::<_, &str>(1));
    assert_eq!(row.get::<_, i64>(2), row.get::<_, i64>(3));
    assert_eq!(view["version"], row.get::<_, i64>(2));
    assert_eq!(view["id"], OrderId::from_uuid(order).to_string());
    view
}

/// What happened to the order: the events' names without context and version, who caused them, and by what.
pub(crate) async fn stream(app: &Application, order: Uuid) -> Vec<(String, String, Option<Uuid>)> {
    let client = app.database().connect().await;
    let rows = client
        .query(
            "SELECT substring(type FROM 'order-(.*).v[0-9]+$'), actor, caused_by
             FROM ordering.order_events WHERE order_id = $1 ORDER BY version",
            &[&order],
        )
        .await
        .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

/// Their names alone.
pub(crate) async fn names(app: &Application, order: Uuid) -> Vec<String> {
    stream(app, order).await.into_iter().map(|(name, ..)| name).collect()
}
