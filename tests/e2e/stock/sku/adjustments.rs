//! `/stock/:sku/adjustments`

use super::{adjust, read, the_books_balance, with_bookcase};
use crate::products::{add, product};
use futures::future::join_all;
use serde_json::{Value, json};
use tradepost_tests::Application;

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_adjusts_stock_and_gets_the_new_level() {
    let app = with_bookcase().await;
    let answer = adjust(&app, "BK-1", json!({"delta": 20, "reason": "  Delivery 7  "})).await;
    let level = json!({"sku": "BK-1", "on_hand": 20, "reserved": 0, "available": 20});
    assert_eq!(answer.data(201), level);
    assert_eq!(answer.header("location"), "/stock/BK-1");
    assert_eq!(read(&app, "BK-1").await.data(200), level);
    let less = adjust(&app, "BK-1", json!({"delta": -20, "reason": "Flood"})).await.data(201);
    assert_eq!(less["available"], 0);

    let client = app.database().connect().await;
    let rows = client
        .query("SELECT on_hand_delta, reason, actor FROM inventory.movements ORDER BY number", &[])
        .await
        .unwrap();
    let movements: Vec<(i64, &str, &str)> =
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
    assert_eq!(movements, [(20, "Delivery 7", "admin"), (-20, "Flood", "admin")]);
    the_books_balance(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stock_of_a_product_of_a_moment_ago_can_be_adjusted() {
    let app = Application::start().await;
    for number in 0..5 {
        let sku = format!("BK-{number}");
        add(&app, product(&sku, 26196, "USD")).await.data(201);
        adjust(&app, &sku, json!({"delta": 3, "reason": "Delivery"})).await.data(201);
    }
    the_books_balance(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_never_falls_below_zero_nor_below_what_is_promised() {
    let app = with_bookcase().await;
    adjust(&app, "BK-1", json!({"delta": 3, "reason": "Delivery"})).await.data(201);
    let refused = adjust(&app, "BK-1", json!({"delta": -4, "reason": "Theft"})).await;
    assert_eq!(refused.problem(409, "insufficient_stock")["available"], 3);
    let client = app.database().connect().await;
    client
        .execute(
            "SELECT inventory.reserve_stock(ARRAY[gen_random_uuid()], '{order_01h455vb4pex5vsknk084sn02q}',
                 ARRAY[gen_random_uuid()], '{0}', '{NULL}', '{1}', '{BK-1}', '{2}', ARRAY[gen_random_uuid()], 0)",
            &[],
        )
        .await
        .unwrap();
    let refused = adjust(&app, "BK-1", json!({"delta": -2, "reason": "Theft"})).await;
    assert_eq!(refused.problem(409, "insufficient_stock")["available"], 1);
    let level = json!({"sku": "BK-1", "on_hand": 3, "reserved": 2, "available": 1});
    assert_eq!(read(&app, "BK-1").await.data(200), level);
    the_books_balance(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_never_passes_what_can_be_counted() {
    let app = with_bookcase().await;
    read(&app, "BK-1").await.data(200);
    let client = app.database().connect().await;
    client.execute("UPDATE inventory.stock SET on_hand = 9007199254740991", &[]).await.unwrap();
    let refused = adjust(&app, "BK-1", json!({"delta": 1, "reason": "Delivery"})).await;
    assert_eq!(refused.problem(409, "stock_overflow")["on_hand"], 9_007_199_254_740_991_i64);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_adjustment_is_said_all_at_once() {
    let app = with_bookcase().await;
    let reason = "Counted";
    let rows: [(Value, &[&str]); 14] = [
        (json!({}), &["/delta", "/reason"]),
        (json!({"delta": 0, "reason": ""}), &["/delta", "/reason"]),
        (json!({"delta": 1_000_000_000_001_i64, "reason": reason}), &["/delta"]),
        (json!({"delta": i64::MIN, "reason": reason}), &["/delta"]),
        (json!({"delta": u64::MAX, "reason": reason}), &["/delta"]),
        (json!({"delta": 1e300, "reason": reason}), &["/delta"]),
        (json!({"delta": 1.5, "reason": reason}), &["/delta"]),
        (json!({"delta": "1", "reason": reason}), &["/delta"]),
        (json!({"delta": null, "reason": null}), &["/delta", "/reason"]),
        (json!({"delta": 1, "reason": "x".repeat(201)}), &["/reason"]),
        (json!({"delta": 1, "reason": "two\nlines"}), &["/reason"]),
        (json!({"delta": 1, "reason": "nul\0"}), &["/reason"]),
        (json!({"delta": 1, "reason": 7}), &["/reason"]),
        (json!({"delta": 1, "reason": reason, "sku": "BK-2"}), &["/sku"]),
    ];
    for (body, pointers) in rows {
        let answer = adjust(&app, "BK-1", body).await;
        answer.problem(400, "validation_failed");
        assert_eq!(answer.pointers(), pointers, "{answer:?}");
    }
    let beyond = app.post("/stock/BK-1/adjustments").as_admin();
    let beyond = beyond.bytes("application/json", r#"{"delta": 99999999999999999999, "reason": "x"}"#);
    let beyond = beyond.send().await;
    beyond.problem(400, "validation_failed");
    assert_eq!(beyond.pointers(), ["/delta"]);
    assert_eq!(read(&app, "BK-1").await.data(200)["on_hand"], 0);
    the_books_balance(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_sku_and_a_malformed_one_look_the_same() {
    let app = with_bookcase().await;
    for sku in ["BK-2", "a%20b", "%00", &"x".repeat(65)] {
        let answer = adjust(&app, sku, json!({"delta": 1, "reason": "Delivery"})).await;
        assert_eq!(answer.problem(404, "not_found")["error"], "SKU not found", "{sku}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn under_a_key_an_adjustment_happens_once() {
    let app = with_bookcase().await;
    let send = |sku: &str, key: &str, delta: i64| {
        let ask = app.post(&format!("/stock/{sku}/adjustments")).as_admin().idempotency_key(key);
        ask.json(json!({"delta": delta, "reason": "Delivery"})).send()
    };
    let first = send("BK-1", "k", 5).await;
    first.data(201);
    adjust(&app, "BK-1", json!({"delta": -4, "reason": "Sold over the counter"})).await.data(201);
    // The same path in another spelling is the same path.
    for sku in ["BK-1", "BK%2D1"] {
        let again = send(sku, "k", 5).await;
        assert_eq!(again.status, 201);
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!((&again.body, again.header("location")), (&first.body, first.header("location")));
    }
    send("BK-1", "k", 6).await.problem(422, "idempotency_key_reused");
    // What is refused leaves the key unused.
    send("BK-1", "other", -2).await.problem(409, "insufficient_stock");
    send("BK-1", "other", -1).await.data(201);
    let bad = app.post("/stock/BK-1/adjustments").as_admin().idempotency_key("no spaces");
    bad.json(json!({"delta": 1, "reason": "x"})).send().await.problem(400, "idempotency_key_malformed");

    let twins = join_all((0..8).map(|_| send("BK-1", "twins", 100))).await;
    let replayed = twins.iter().filter(|twin| twin.headers.contains_key("idempotent-replayed")).count();
    assert_eq!((replayed, twins.iter().filter(|twin| twin.status == 201).count()), (7, 8));
    assert_eq!(read(&app, "BK-1").await.data(200)["on_hand"], 100);
    the_books_balance(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn adjustments_at_once_all_count() {
    let app = with_bookcase().await;
    let all = (0..40).map(|_| adjust(&app, "BK-1", json!({"delta": 1, "reason": "Delivery"})));
    assert!(join_all(all).await.iter().all(|answer| answer.status == 201));
    assert_eq!(read(&app, "BK-1").await.data(200)["on_hand"], 40);
    the_books_balance(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adjustment_is_told_to_the_log_with_the_trace_of_its_request() {
    let app = with_bookcase().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let ask = app.post("/stock/BK-1/adjustments").as_admin().header("traceparent", trace);
    ask.json(json!({"delta": 5, "reason": "Delivery"})).send().await.data(201);
    let client = app.database().connect().await;
    let logged =
        "SELECT traceparent FROM messaging.events WHERE type = 'tradepost.inventory.stock-adjusted.v1'";
    for _ in 0..200 {
        if let Some(row) = client.query_opt(logged, &[]).await.unwrap() {
            assert_eq!(row.get::<_, &str>(0), trace);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the event does not come to the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_operator_adjusts() {
    let app = with_bookcase().await;
    let ask = app.post("/stock/BK-1/adjustments").json(json!({"delta": 1, "reason": "Mine"}));
    ask.send().await.problem(401, "unauthenticated");
    assert_eq!(read(&app, "BK-1").await.data(200)["on_hand"], 0);
}
