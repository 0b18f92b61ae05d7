//! The consumer `ordering-progress` with the events of stock and payment: in time, too late, twice, and bad.

use crate::orders::{confirmed, go_on, lay_down, names, shown, stream};
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use tradepost_ids::OrderId;
use tradepost_tests::Application;
use uuid::Uuid;

const PROGRESS: &str = "ordering-progress";

/// An event about an order, of a context and a name in it.
fn event(order: Uuid, context: &str, name: &str, mut data: Value) -> Value {
    let key = OrderId::from_uuid(order).to_string();
    data["order_id"] = json!(key);
    if context == "payment" {
        let none = json!({"amount": 0, "currency": "USD"});
        data["payment"] = json!({
            "id": key.replace("order_", "payment_"), "order_id": key, "status": "pending",
            "amount": {"amount": 3998, "currency": "USD"}, "authorised": none, "captured": none, "refunded": none,
            "decline_code": null, "risk": null, "attempts": [], "refunds": [], "version": 1,
            "created_at": "2026-11-22T12:00:00.000000Z", "updated_at": "2026-11-22T12:00:00.000000Z",
        });
    }
    json!({
        "specversion": "1.0", "id": Uuid::now_v7().to_string(), "source": format!("/{context}"),
        "type": format!("tradepost.{context}.{name}.v1"), "subject": key, "time": "2026-11-22T12:00:00.000000Z",
        "partitionkey": key, "sequence": "00000000000000000001", "datacontenttype": "application/json",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "data": data,
    })
}

fn captured(order: Uuid, review: bool) -> Value {
    let risk =
        json!({"score": 80, "reasons": [{"rule": "r", "points": 80, "detail": "Odd"}], "review": review});
    let data = json!({"attempt": 1, "amount": {"amount": 3998, "currency": "USD"}, "risk": risk});
    event(order, "payment", "payment-captured", data)
}

fn declined(order: Uuid) -> Value {
    event(order, "payment", "payment-declined", json!({"decline_code": "insufficient_funds"}))
}

fn rejected(order: Uuid) -> Value {
    let short = json!([{"sku": "tea", "wanted": 2, "available": 1}]);
    event(order, "inventory", "stock-rejected", json!({"short": short}))
}

fn reservation_expired(order: Uuid) -> Value {
    event(order, "inventory", "reservation-expired", json!({"lines": [{"sku": "tea", "quantity": 2}]}))
}

fn refund_declined(order: Uuid) -> Value {
    let data = json!({"refund_id": "refund_01h455vb4pex5vsknk084sn02q", "decline_code": "expired_card"});
    event(order, "payment", "refund-declined", data)
}

async fn deliver(app: &Application, events: &[Value]) -> Vec<String> {
    app.deliver(PROGRESS, events).await.1
}

/// Delivers one event of a pending order, which must be applied, and answers with the order and what happened to it.
async fn after(app: &Application, of: impl Fn(Uuid) -> Value) -> (Value, Vec<String>) {
    let order = lay_down(&app.database().connect().await, 0).await;
    assert_eq!(deliver(app, &[of(order)]).await, ["applied"]);
    (shown(app, order).await, names(app, order).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_outcome_moves_a_pending_order_to_its_state() {
    let app = Application::start().await;
    let (order, stream) = after(&app, |order| captured(order, false)).await;
    assert_eq!((&order["status"], &order["payment"]["status"]), (&json!("placed"), &json!("succeeded")));
    assert_eq!(stream, ["placed", "confirmed"]);
    let (order, stream) = after(&app, |order| captured(order, true)).await;
    assert_eq!((&order["status"], &order["reason"]["code"]), (&json!("on_hold"), &json!("risk_review")));
    assert_eq!(stream, ["placed", "confirmed", "held"]);
    let (order, stream) = after(&app, rejected).await;
    assert_eq!(
        (&order["status"], &order["reason"]["code"]),
        (&json!("rejected"), &json!("insufficient_stock"))
    );
    assert_eq!(stream, ["placed", "rejected"]);
    let (order, stream) = after(&app, reservation_expired).await;
    assert_eq!(
        (&order["status"], &order["reason"]["code"]),
        (&json!("expired"), &json!("reservation_expired"))
    );
    assert_eq!(stream, ["placed", "expired"]);
    let (order, stream) = after(&app, declined).await;
    assert_eq!(
        (&order["status"], &order["reason"]["code"]),
        (&json!("cancelled"), &json!("payment_declined"))
    );
    assert_eq!(order["payment"]["decline_code"], "insufficient_funds");
    assert_eq!(stream, ["placed", "cancelled"]);
    let unknown = |order| event(order, "payment", "payment-unknown", json!({"attempt": 1}));
    let (order, stream) = after(&app, unknown).await;
    assert_eq!((&order["status"], &order["payment"]["status"]), (&json!("pending"), &json!("unknown")));
    assert_eq!(stream, ["placed", "payment-changed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_names_the_event_that_an_event_answers_to_and_others_are_told_the_order() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let order = lay_down(&client, 0).await;
    let captured = captured(order, false);
    deliver(&app, std::slice::from_ref(&captured)).await;
    let cause: Uuid = captured["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(stream(&app, order).await[1], ("confirmed".to_owned(), PROGRESS.to_owned(), Some(cause)));

    let told = "SELECT data::text, traceparent FROM (SELECT type, data, traceparent FROM messaging.outbox
                UNION ALL SELECT type, data, traceparent FROM messaging.events) AS event
                WHERE type = 'tradepost.ordering.order-confirmed.v1'";
    let told = client.query_one(told, &[]).await.unwrap();
    let data: Value = serde_json::from_str(told.get(0)).unwrap();
    assert_eq!(data["order"], shown(&app, order).await);
    assert_eq!(told.get::<_, &str>(1), captured["traceparent"]);
    let audit = app.get(&format!("/orders/{}/events", OrderId::from_uuid(order))).as_admin().send().await;
    let shown = audit.data(200)["items"][1]["caused_by"].as_str().unwrap().to_owned();
    assert_eq!(shown.parse::<tradepost_ids::EventId>().unwrap().as_uuid(), &cause);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_too_late_is_applied_and_changes_nothing() {
    let app = Application::start().await;
    let order = lay_down(&app.database().connect().await, 0).await;
    let late = [captured(order, false), declined(order), reservation_expired(order), rejected(order)];
    let mut batch = vec![rejected(order)];
    batch.extend(late.clone());
    assert_eq!(deliver(&app, &batch).await, ["applied"; 5]);
    assert_eq!(names(&app, order).await, ["placed", "rejected"]);
    assert_eq!(deliver(&app, &late).await, ["applied"; 4]);
    assert_eq!(names(&app, order).await, ["placed", "rejected"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_that_is_lost_after_the_capture_cancels_what_was_not_sent() {
    let app = Application::start().await;
    let order = lay_down(&app.database().connect().await, 0).await;
    deliver(&app, &[captured(order, false), reservation_expired(order)]).await;
    assert_eq!(names(&app, order).await, ["placed", "confirmed", "cancelled"]);
    let order = shown(&app, order).await;
    assert_eq!(
        (&order["status"], &order["reason"]["code"]),
        (&json!("cancelled"), &json!("reservation_expired"))
    );
    assert_eq!(order["lines"][0]["cancelled"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_delivered_again_changes_nothing() {
    let app = Application::start().await;
    let order = lay_down(&app.database().connect().await, 0).await;
    let refunded = json!({
        "refund_id": "refund_01h455vb4pex5vsknk084sn02q",
        "amount": {"amount": 1000, "currency": "USD"}, "refunded": {"amount": 1500, "currency": "USD"},
    });
    let batch = [
        captured(order, false),
        refund_declined(order),
        event(order, "payment", "payment-refunded", refunded),
    ];
    let twice: Vec<Value> = batch.iter().chain(&batch).cloned().collect();
    assert_eq!(deliver(&app, &twice).await, ["applied"; 6]);
    assert_eq!(deliver(&app, &batch).await, ["applied"; 3]);
    assert_eq!(names(&app, order).await, ["placed", "confirmed", "payment-changed", "payment-changed"]);
    assert_eq!(shown(&app, order).await["payment"]["refunded"]["amount"], 1500);
    // Another event that says the same is another one.
    assert_eq!(deliver(&app, &[refund_declined(order)]).await, ["applied"]);
    assert_eq!(names(&app, order).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_event_keeps_no_other_order_waiting() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let orders = join_all((0..4).map(|_| lay_down(&client, 0))).await;
    let of_another_type = event(orders[0], "payment", "payment-authorised", json!({"attempt": 1}));
    let mut without_a_code = declined(orders[1]);
    without_a_code["data"].as_object_mut().unwrap().remove("decline_code");
    let of_nobody = captured(Uuid::now_v7(), false);
    // Its stream cannot be read, so it may be well later.
    go_on(&client, orders[3], "order-gone.v9", json!({}), "pending", 0).await;
    let batch = [
        of_another_type,
        without_a_code,
        captured(orders[1], false),
        of_nobody,
        captured(orders[2], false),
        captured(orders[3], false),
    ];
    let outcomes = deliver(&app, &batch).await;
    assert_eq!(outcomes, ["rejected", "rejected", "held", "rejected", "applied", "failed"]);
    assert_eq!(names(&app, orders[1]).await, ["placed"]);
    assert_eq!(names(&app, orders[2]).await, ["placed", "confirmed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_orders_are_moved_by_one_statement() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let mut orders = Vec::new();
    for _ in 0..200 {
        orders.push(lay_down(&client, 0).await);
    }
    let batch: Vec<Value> = orders.iter().map(|order| captured(*order, false)).collect();
    assert_eq!(deliver(&app, &batch).await, vec!["applied"; 200]);
    let one = "SELECT count(*), count(DISTINCT xmin::text) FROM ordering.order_events
               WHERE type = 'tradepost.ordering.order-confirmed.v1'";
    let row = client.query_one(one, &[]).await.unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (200, 1));
}

/// Somebody changes the order between the load and the append: the append waits for him, loses, and decides anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_race_is_decided_on_again_from_what_the_winner_left() {
    let app = Application::start().await;
    let mut client = app.database().connect().await;
    // Inside a transaction the list of sessions would stay what it was at the first look.
    let observer = app.database().connect().await;
    for (what, data, status, expected) in [
        (
            "order-payment-changed.v1",
            json!({"change": "unknown"}),
            "pending",
            vec!["payment-changed", "confirmed"],
        ),
        ("order-rejected.v1", json!({"short": []}), "rejected", vec!["rejected"]),
    ] {
        let order = lay_down(&client, 0).await;
        let winner = client.transaction().await.unwrap();
        go_on(winner.client(), order, what, data, status, 0).await;
        let event = captured(order, false);
        let delivery = deliver(&app, std::slice::from_ref(&event));
        let end = async {
            let waiting = "SELECT count(*) FROM pg_stat_activity
                           WHERE datname = current_database() AND wait_event_type = 'Lock'";
            while observer.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            winner.commit().await.unwrap();
        };
        let (outcomes, ()) = futures::future::join(delivery, end).await;
        assert_eq!(outcomes, ["applied"]);
        assert_eq!(names(&app, order).await[1..], expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_which_something_was_sent_survives_the_end_of_its_promise() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let order = lay_down(&client, 0).await;
    go_on(&client, order, "order-confirmed.v1", confirmed(), "placed", 0).await;
    let sent = json!({
        "id": "fulfilment_01h455vb4pex5vsknk084sn02q", "lines": [{"sku": "tea", "quantity": 1}], "tracking": null,
    });
    go_on(&client, order, "order-fulfilled.v1", sent, "placed", 0).await;
    assert_eq!(deliver(&app, &[reservation_expired(order)]).await, ["applied"]);
    assert_eq!(names(&app, order).await, ["placed", "confirmed", "fulfilled"]);
}
