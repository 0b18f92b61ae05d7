//! What nobody has heard the end of is found out, and what somebody left half-way is gone on with.

use super::{Order, check, deliver, due, make_due, reconcile, rest};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_postgres::Client;
use tradepost_tests::{Application, Setup};
use uuid::Uuid;

/// An attempt begins, and whoever began it is gone before he has asked the provider.
async fn begin_and_leave(client: &Client, order: &Order, reserved_until: &str) {
    let risk = json!({"score": 0, "reasons": [], "review": false});
    let data = json!({"attempt": 1, "reserved_until": reserved_until, "risk": risk});
    let mut view = order.payment(client).await;
    let attempt =
        json!({"number": 1, "status": "initiated", "provider_reference": null, "failure_code": null});
    (view["attempts"], view["risk"]) = (json!([attempt]), risk);
    let micros = "SELECT (extract(epoch FROM now()) * 1000000)::bigint";
    let now: i64 = client.query_one(micros, &[]).await.unwrap().get(0);
    let entry = json!([{
        "payment_id": order.told.uuid().to_string(), "subject": order.told.id(), "expected_version": 1, "actor": "a-test",
        "due_at": now,
        "events": [{
            "id": Uuid::now_v7().to_string(), "type": "tradepost.payment.payment-attempt-started.v1",
            "data": data, "published": {"payment": view}, "occurred_at": now, "transfers": [],
        }],
    }]);
    let call = "SELECT outcome FROM payment.append_all($1::text::jsonb)";
    let outcome: String = client.query_one(call, &[&entry.to_string()]).await.unwrap().get(0);
    assert_eq!(outcome, "appended");
}

/// The actors of a payment's events.
async fn actors(client: &Client, order: &Order) -> Value {
    let query =
        "SELECT json_agg(actor ORDER BY version)::text FROM payment.payment_events WHERE payment_id = $1";
    serde_json::from_str(client.query_one(query, &[&order.told.uuid()]).await.unwrap().get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_never_happened_is_tried_three_times_and_then_declined() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let order = Order::of(1999, "tok_timeout");
    deliver(&app, &[order.placed(), order.reserved()]).await;
    let payment = order.payment(&client).await;
    assert_eq!(payment["status"], "unknown", "{payment}");
    reconcile(&app).await;
    assert_eq!(order.payment(&client).await["version"], payment["version"], "too soon to be asked");
    rest(&app, &client).await;
    let payment = order.payment(&client).await;
    assert_eq!(payment["decline_code"], "processing_error", "{payment}");
    assert_eq!(payment["attempts"].as_array().unwrap().len(), 3);
    assert_eq!(order.at_the_provider(&app).captures, 0);
    let last = actors(&client, &order).await;
    assert_eq!(last.as_array().unwrap().last(), Some(&json!("payment-reconciliation")));
    check(&app, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_happened_without_an_answer_is_taken_exactly_once() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let orders: Vec<Order> = (1..=5).map(|n| Order::of(n, "tok_timeout_captured")).collect();
    let events: Vec<_> = orders.iter().flat_map(|order| [order.placed(), order.reserved()]).collect();
    deliver(&app, &events).await;
    for order in &orders {
        assert_eq!(order.payment(&client).await["status"], "unknown");
    }
    deliver(&app, &events).await;
    rest(&app, &client).await;
    for order in &orders {
        let payment = order.payment(&client).await;
        assert_eq!(payment["status"], "succeeded", "{payment}");
        assert_eq!(order.at_the_provider(&app).captures, 1);
    }
    check(&app, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flaky_provider_is_asked_again() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let order = Order::of(1999, "tok_flaky");
    deliver(&app, &[order.placed(), order.reserved()]).await;
    rest(&app, &client).await;
    let payment = order.payment(&client).await;
    assert_eq!(payment["status"], "succeeded", "{payment}");
    assert_eq!(payment["attempts"].as_array().unwrap().len(), 2, "{payment}");
    check(&app, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_ends_while_its_payment_is_unknown_costs_nothing_in_the_end() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    for method in ["tok_timeout", "tok_timeout_captured", "tok_flaky"] {
        let order = Order::of(1999, method);
        deliver(&app, &[order.placed(), order.reserved()]).await;
        assert_eq!(order.payment(&client).await["status"], "unknown", "{method}");
        deliver(&app, &[order.cancelled(1999)]).await;
        rest(&app, &client).await;
        let (payment, books) = (order.payment(&client).await, order.at_the_provider(&app));
        assert_eq!((books.captured - books.refunded, books.promised), (0, 0), "{method}: {payment}");
        assert_eq!(payment["captured"], payment["refunded"], "{method}: {payment}");
        assert!(payment["attempts"].as_array().unwrap().len() == 1, "{method}: {payment}");
    }
    check(&app, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_was_left_half_way_is_gone_on_with() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let (alive, dead) = (Order::of(1999, "tok_ok"), Order::of(2999, "tok_ok"));
    deliver(&app, &[alive.placed(), dead.placed()]).await;
    begin_and_leave(&client, &alive, "2100-01-01T00:00:00Z").await;
    begin_and_leave(&client, &dead, "2026-01-01T00:00:00Z").await;
    for _ in 0..3 {
        make_due(&client).await;
        reconcile(&app).await;
    }
    assert_eq!(alive.payment(&client).await["status"], "succeeded");
    assert_eq!(alive.at_the_provider(&app).captures, 1);
    let payment = dead.payment(&client).await;
    assert_eq!(payment["decline_code"], "reservation_expired", "{payment}");
    assert_eq!(dead.at_the_provider(&app).captures, 0);
    assert_eq!(due(&client).await, 0);
    check(&app, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_of_an_order_that_ended_is_not_gone_on_with_but_looked_up_once_nobody_can_be_at_it() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let order = Order::of(1999, "tok_ok");
    deliver(&app, &[order.placed()]).await;
    begin_and_leave(&client, &order, "2100-01-01T00:00:00Z").await;
    deliver(&app, &[order.cancelled(1999)]).await;
    make_due(&client).await;
    reconcile(&app).await;
    let story = "payment-requested payment-attempt-started payment-cancelled";
    assert_eq!(order.story(&client).await, story, "somebody may be asking at this moment");
    client
        .batch_execute("UPDATE payment.payment_events SET occurred_at = occurred_at - interval '1 minute'")
        .await
        .unwrap();
    make_due(&client).await;
    reconcile(&app).await;
    assert_eq!(order.story(&client).await, format!("{story} payment-attempt-failed"));
    assert_eq!(due(&client).await, 0);
    check(&app, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tick_brings_what_is_unknown_to_its_end() {
    let app = Application::with(Setup { tick: Some(Duration::from_millis(200)), ..Setup::default() }).await;
    let client = app.database().connect().await;
    let order = Order::of(1999, "tok_timeout_captured");
    deliver(&app, &[order.placed(), order.reserved()]).await;
    for _ in 0..100 {
        if order.payment(&client).await["status"] == "succeeded" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{}", order.payment(&client).await);
}
