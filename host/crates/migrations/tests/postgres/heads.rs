//! `ordering.orders`: the heads of streams that are older than it, and the plans of what reads it.

use serde_json::{Value, json};
use tradepost_migrations::{EMBEDDED, MigrationFile, migrate, migrate_files};

use crate::{EMPTY, MIGRATED, connect_as};

/// The files before the one that makes heads.
fn before_heads() -> Vec<MigrationFile> {
    let is_later = |file: &MigrationFile| file.context == "ordering" && file.file >= "0004";
    EMBEDDED.iter().filter(|file| !is_later(file)).copied().collect()
}

#[tokio::test]
async fn an_order_that_is_older_than_heads_gets_one() {
    let database = EMPTY.fresh().await;
    let mut client = database.connect().await;
    migrate_files(&mut client, &before_heads(), |_| {}).await.unwrap();
    let line = |sku: &str, quantity: i64| {
        let total = json!({"amount": 1999 * quantity, "currency": "USD"});
        let unit_price = json!({"amount": 1999, "currency": "USD"});
        json!({"sku": sku, "name": sku.to_uppercase(), "quantity": quantity, "unit_price": unit_price, "total": total})
    };
    let placed = json!({
        "owner": "anonymous", "lines": [line("tea", 2), line("pot", 1)],
        "total": {"amount": 5997, "currency": "USD"}, "currency": "USD", "email": "ada@example.com",
        "payment_method": "tok_ok", "shipping_address": null, "created_at": "2026-11-22T13:33:20.123456Z",
    });
    // The example of the TypeID specification.
    let append = "SELECT outcome FROM ordering.append_order_events(
                      '01890a5d-ac96-774b-bcce-b302099a8057', 'order_01h455vb4pex5vsknk084sn02q', 0,
                      jsonb_build_array(jsonb_build_object(
                          'id', gen_random_uuid(), 'type', 'tradepost.ordering.order-placed.v1',
                          'data', $1::text::jsonb, 'occurred_at', 1795354400123456)),
                      'anonymous', NULL, NULL)";
    let outcome = client.query_one(append, &[&placed.to_string()]).await.unwrap();
    assert_eq!(outcome.get::<_, &str>(0), "appended");

    migrate(&mut client, |_| {}).await.unwrap();
    let head = "SELECT order_id::text, customer::text, status, version, view::text,
                       (extract(epoch FROM created_at) * 1000000)::bigint,
                       (extract(epoch FROM status_since) * 1000000)::bigint
                FROM ordering.orders";
    let head = client.query_one(head, &[]).await.unwrap();
    assert_eq!(head.get::<_, &str>(0), "01890a5d-ac96-774b-bcce-b302099a8057");
    assert_eq!((head.get::<_, Option<&str>>(1), head.get::<_, &str>(2)), (None, "pending"));
    assert_eq!((head.get::<_, i64>(3), head.get::<_, i64>(5)), (1, 1_795_354_400_123_456));
    assert_eq!(head.get::<_, i64>(6), 1_795_354_400_123_456);
    let open = |mut line: Value, open: i64| {
        line["open"] = json!(open);
        for none in ["cancelled", "fulfilled", "returned"] {
            line[none] = json!(0);
        }
        line
    };
    let expected = json!({
        "id": "order_01h455vb4pex5vsknk084sn02q", "status": "pending", "reason": null,
        "lines": [open(line("tea", 2), 2), open(line("pot", 1), 1)],
        "total": {"amount": 5997, "currency": "USD"},
        "payment": {
            "id": "payment_01h455vb4pex5vsknk084sn02q", "status": "initiated", "decline_code": null,
            "refunded": {"amount": 0, "currency": "USD"},
        },
        "email": "ada@example.com", "shipping_address": null, "fulfilments": [], "returns": [], "version": 1,
        "created_at": "2026-11-22T13:33:20.123456Z", "updated_at": "2026-11-22T13:33:20.123456Z",
    });
    assert_eq!(serde_json::from_str::<Value>(head.get(4)).unwrap(), expected);
}

/// What reads heads does not read all of them.
#[tokio::test]
async fn lists_and_deadlines_go_by_their_indexes() {
    let database = MIGRATED.fresh().await;
    let operator = database.connect().await;
    operator
        .batch_execute(
            "INSERT INTO ordering.orders (order_id, customer, status, version, created_at, status_since, view)
             SELECT gen_random_uuid(), CASE WHEN n % 3 = 0 THEN md5((n % 500)::text)::uuid END,
                    (ARRAY['completed', 'completed', 'cancelled', 'pending'])[1 + n % 4], 2, now(),
                    now() - n * interval '1 minute', '{}'
             FROM generate_series(1, 40000) AS n;
             ANALYZE ordering.orders",
        )
        .await
        .unwrap();
    let reader = connect_as(database.url(), "tradepost_ordering_reader").await;
    let newest = "ORDER BY order_id DESC LIMIT 20";
    for (condition, index) in [
        (format!("true {newest}"), "orders_pkey"),
        (format!("order_id < gen_random_uuid() {newest}"), "orders_pkey"),
        (
            format!("status = 'cancelled' AND order_id < 'ffffffff-0000-0000-0000-000000000000' {newest}"),
            "orders_status_idx",
        ),
        (format!("customer = md5('3')::uuid {newest}"), "orders_customer_idx"),
        (
            "status = 'pending' AND status IN ('pending', 'placed', 'on_hold')
             AND status_since <= now() - interval '27 days' ORDER BY status_since LIMIT 100"
                .to_owned(),
            "orders_unended_idx",
        ),
    ] {
        let explain = format!("EXPLAIN SELECT view FROM ordering.orders WHERE {condition}");
        let rows = reader.query(&explain, &[]).await.unwrap();
        let plan: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
        assert!(plan.iter().any(|line| line.contains(index)), "{condition}: {plan:#?}");
        assert!(!plan.iter().any(|line| line.contains("Sort") || line.contains("Seq Scan")), "{plan:#?}");
    }
}
