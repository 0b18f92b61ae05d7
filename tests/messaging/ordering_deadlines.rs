//! The deadlines of orders: `ordering-deadlines`, which the tick wakes.

use crate::orders::{confirmed, go_on, lay_down, names, shown, stream};
use serde_json::{Value, json};
use tradepost_tests::{Application, Setup};

const HOUR: i32 = 3_600;
const DAY: i32 = 24 * HOUR;

async fn tick(app: &Application) {
    let nudged = app.post("/tick").as_admin().send().await.data(200);
    let nudged = nudged.as_array().unwrap().clone();
    let deadlines = nudged.iter().find(|nudged| nudged["component"] == "ordering-deadlines").unwrap();
    assert_eq!(deadlines["error"], Value::Null);
}

fn held() -> Value {
    json!({"reason": {"code": "staff_request", "detail": null}})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_waited_for_too_long_ends_and_what_has_not_goes_on() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let (fresh, late) = (lay_down(&client, 890).await, lay_down(&client, 910).await);
    let mut held_orders = Vec::new();
    let mut placed_orders = Vec::new();
    for days in [2, 4] {
        let order = lay_down(&client, 90 * DAY).await;
        go_on(&client, order, "order-confirmed.v1", confirmed(), "placed", 90 * DAY).await;
        go_on(&client, order, "order-held.v1", held(), "on_hold", days * DAY).await;
        held_orders.push(order);
    }
    for days in [29, 31] {
        let order = lay_down(&client, 90 * DAY).await;
        go_on(&client, order, "order-confirmed.v1", confirmed(), "placed", days * DAY).await;
        placed_orders.push(order);
    }
    tick(&app).await;
    tick(&app).await;

    assert_eq!(names(&app, fresh).await, ["placed"]);
    assert_eq!(
        stream(&app, late).await[1..],
        [("expired".to_owned(), "ordering-deadlines".to_owned(), None)]
    );
    assert_eq!(shown(&app, late).await["reason"]["code"], "payment_timeout");
    assert_eq!(names(&app, held_orders[0]).await, ["placed", "confirmed", "held"]);
    let order = shown(&app, held_orders[1]).await;
    assert_eq!((&order["status"], &order["reason"]["code"]), (&json!("cancelled"), &json!("review_timeout")));
    assert_eq!(names(&app, placed_orders[0]).await, ["placed", "confirmed"]);
    let order = shown(&app, placed_orders[1]).await;
    assert_eq!(
        (&order["status"], &order["reason"]["code"]),
        (&json!("cancelled"), &json!("fulfilment_timeout"))
    );
    assert_eq!((&order["lines"][0]["open"], &order["lines"][0]["cancelled"]), (&json!(0), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_which_some_was_sent_is_complete_when_its_time_is_over() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let order = lay_down(&client, 40 * DAY).await;
    go_on(&client, order, "order-confirmed.v1", confirmed(), "placed", 39 * DAY).await;
    let sent = json!({
        "id": "fulfilment_01h455vb4pex5vsknk084sn02q", "lines": [{"sku": "tea", "quantity": 1}], "tracking": null,
    });
    go_on(&client, order, "order-fulfilled.v1", sent, "placed", HOUR).await;
    tick(&app).await;
    assert_eq!(names(&app, order).await[3..], ["cancelled", "completed"]);
    assert_eq!(shown(&app, order).await["status"], "completed");
}

/// More than one sweep takes.
#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_due_ends_with_one_tick() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    for _ in 0..250 {
        lay_down(&client, HOUR).await;
    }
    tick(&app).await;
    let left = "SELECT count(*) FROM ordering.orders WHERE status <> 'expired'";
    assert_eq!(client.query_one(left, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_is_too_long_can_be_set() {
    let variables = vec![("order_pending_seconds".to_owned(), "60".to_owned())];
    let app = Application::with(Setup { variables, ..Setup::default() }).await;
    let client = app.database().connect().await;
    let (fresh, late) = (lay_down(&client, 50).await, lay_down(&client, 70).await);
    tick(&app).await;
    assert_eq!(names(&app, fresh).await, ["placed"]);
    assert_eq!(names(&app, late).await, ["placed", "expired"]);
}

/// A stream that cannot be read keeps no other order from its end, and somebody is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_order_is_told_of_and_keeps_nobody_waiting() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let damaged = lay_down(&client, 2 * HOUR).await;
    go_on(&client, damaged, "order-gone.v9", json!({}), "pending", 2 * HOUR).await;
    let late = lay_down(&client, HOUR).await;
    let nudged = app.post("/tick").as_admin().send().await.data(200);
    let nudged = nudged.as_array().unwrap().iter().find(|nudged| nudged["component"] == "ordering-deadlines");
    let told = nudged.unwrap()["error"].as_str().unwrap_or_default();
    assert!(told.contains("order-gone.v9"), "{nudged:?}");
    assert_eq!(names(&app, late).await, ["placed", "expired"]);
}
