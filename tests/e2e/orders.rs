//! `/orders`

mod listing;
pub(crate) mod order_id;
mod waiting;

use crate::products::{add, product};
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use tradepost_tests::tick;
use tradepost_tests::{Answer, Application};

/// Two customers, in an application that believes that they are.
pub(crate) const ANN: &str = "user_01h455vb4pex5vsknk084sn02q";
pub(crate) const BOB: &str = "user_01h455vb4pex5vsknk084sn02r";

/// What is on sale.
pub(crate) fn bookcase() -> Value {
    product("BK-1", 26196, "USD")
}

/// An order of one line.
pub(crate) fn order(sku: &str, quantity: i64) -> Value {
    json!({"lines": [{"sku": sku, "quantity": quantity}], "email": "first@example.com"})
}

/// Places an order.
pub(crate) async fn place(app: &Application, key: &str, order: Value) -> Answer {
    app.post("/orders").idempotency_key(key).json(order).send().await
}

/// An application with the bookcase on sale.
pub(crate) async fn with_bookcase() -> Application {
    let app = Application::start().await;
    add(&app, bookcase()).await.data(201);
    app
}

/// The application behind a gateway that knows customers, with so many bookcases in stock.
pub(crate) async fn with_stock(pieces: i64) -> Application {
    let app = Application::with_customers().await;
    add(&app, bookcase()).await.data(201);
    tick(&app).await;
    let body = json!({"delta": pieces, "reason": "Delivered"});
    app.post("/stock/BK-1/adjustments").as_admin().json(body).send().await.data(201);
    app
}

/// Places an order of so many bookcases that is paid, as Ann; its path.
pub(crate) async fn paid_order(app: &Application, pieces: i64) -> String {
    let mut body = order("BK-1", pieces);
    body["payment_method"] = "tok_ok".into();
    let ask =
        app.post("/orders").as_customer(ANN).idempotency_key(&format!("paid {pieces}").replace(' ', "-"));
    let path = ask.json(body).send().await.header("location").to_owned();
    for _ in 0..200 {
        // Nobody ticks here, and what a busy machine makes fail is tried again by the tick.
        tick(app).await;
        if seen(app, &path).await["status"] != "pending" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(seen(app, &path).await["status"], "placed");
    path
}

/// The order as staff see it.
pub(crate) async fn seen(app: &Application, path: &str) -> Value {
    app.get(path).as_admin().send().await.data(200)
}

/// How many rows were written by placing: events, those on their way out or in the log, kept answers. What becomes of the
/// orders writes more.
async fn rows(app: &Application) -> (i64, i64, i64) {
    let row = app.database().connect().await;
    let row = row
        .query_one(
            "SELECT (SELECT count(*) FROM ordering.order_events WHERE version = 1),
                    (SELECT count(*) FROM ordering.outbox WHERE sequence = 1)
                        + (SELECT count(*) FROM messaging.events WHERE source = '/ordering' AND sequence = 1),
                    (SELECT count(*) FROM ordering.idempotency_keys)",
            &[],
        )
        .await
        .unwrap();
    (row.get(0), row.get(1), row.get(2))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_priced_from_the_catalog_and_its_lines_are_summed() {
    let app = with_bookcase().await;
    let body = json!({
        "lines": [{"sku": "BK-1", "quantity": 2}, {"sku": "BK-1", "quantity": 1}],
        "email": "first@example.com",
    });
    let answer = place(&app, "one", body).await;
    let order = answer.data(201);
    assert_eq!(order["status"], "pending");
    assert_eq!(order["total"], json!({"amount": 78588, "currency": "USD"}));
    let [line] = order["lines"].as_array().unwrap().as_slice() else { panic!("{order}") };
    assert_eq!(
        (&line["sku"], &line["quantity"], &line["name"]),
        (&json!("BK-1"), &json!(3), &json!("The BK-1"))
    );
    assert_eq!(line["unit_price"], json!({"amount": 26196, "currency": "USD"}));
    assert_eq!(line["total"], json!({"amount": 78588, "currency": "USD"}));
    let id = order["id"].as_str().unwrap();
    assert!(id.starts_with("order_"));
    assert_eq!(answer.header("location"), format!("/orders/{id}"));
    assert_eq!(rows(&app).await, (1, 1, 1), "an event, its copy in the outbox, the kept answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_without_a_key_is_refused() {
    let app = with_bookcase().await;
    app.post("/orders").json(order("BK-1", 1)).send().await.problem(400, "idempotency_key_required");
    for key in ["", "with space", "\"", &"k".repeat(256), "clé"] {
        let answer = app.post("/orders").header("idempotency-key", key).json(order("BK-1", 1)).send().await;
        assert_eq!(answer.status, 400, "{key:?}: {answer:?}");
    }
    assert_eq!(rows(&app).await, (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_and_body_get_the_same_answer_again() {
    let app = with_bookcase().await;
    let first = place(&app, "one", order("BK-1", 2)).await;
    first.data(201);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    // The body is the same whatever its spelling, and a key is the same in quotes.
    let respelt = br#" { "email" : "first@example.com", "lines":[{"quantity":2,"sku":"BK-1"}] } "#;
    let again = [
        place(&app, "one", order("BK-1", 2)).await,
        place(&app, "\"one\"", order("BK-1", 2)).await,
        app.post("/orders").idempotency_key("one").bytes("application/json", respelt).send().await,
    ];
    for again in again {
        assert_eq!((again.status, &again.body), (first.status, &first.body));
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.header("idempotent-replayed"), "true");
    }
    assert_eq!(rows(&app).await, (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_attempts_at_once_make_one_order_and_get_the_same_bytes() {
    let app = with_bookcase().await;
    let answers = join_all((0..32).map(|_| place(&app, "one", order("BK-1", 2)))).await;
    for answer in &answers {
        answer.data(201);
        assert_eq!(answer.body, answers[0].body);
    }
    let fresh = answers.iter().filter(|answer| !answer.headers.contains_key("idempotent-replayed")).count();
    assert_eq!(fresh, 1);
    assert_eq!(rows(&app).await, (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_with_another_body_is_refused() {
    let app = with_bookcase().await;
    place(&app, "one", order("BK-1", 2)).await.data(201);
    place(&app, "one", order("BK-1", 3)).await.problem(422, "idempotency_key_reused");
    assert_eq!(rows(&app).await, (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_whoever_used_it() {
    let app = with_bookcase().await;
    let guest = place(&app, "one", order("BK-1", 2)).await.data(201);
    let operator = app.post("/orders").as_admin().idempotency_key("one").json(order("BK-1", 3)).send().await;
    assert_ne!(operator.data(201)["id"], guest["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_ordered_is_refused_with_its_place_and_leaves_nothing() {
    let app = with_bookcase().await;
    add(&app, product("EUR-1", 100, "EUR")).await.data(201);
    let mut inactive = product("OFF-1", 100, "USD");
    inactive["active"] = json!(false);
    add(&app, inactive).await.data(201);
    let line = |sku: &str, quantity: Value| json!({"sku": sku, "quantity": quantity});
    let lines = |lines: Vec<Value>| json!({"lines": lines, "email": "first@example.com"});
    let rows_of_refusals: Vec<(Value, u16, &str, &[&str])> = vec![
        (lines(vec![line("NO-1", json!(1))]), 422, "unknown_sku", &["/lines/0/sku"]),
        (
            lines(vec![line("BK-1", json!(1)), line("NO-1", json!(1)), line("NO-2", json!(1))]),
            422,
            "unknown_sku",
            &["/lines/1/sku", "/lines/2/sku"],
        ),
        (lines(vec![line("OFF-1", json!(1))]), 422, "unknown_sku", &["/lines/0/sku"]),
        (
            lines(vec![line("BK-1", json!(1)), line("EUR-1", json!(1))]),
            422,
            "mixed_currencies",
            &["/lines/1/sku"],
        ),
        (lines(vec![line("BK-1", json!(0))]), 400, "validation_failed", &["/lines/0/quantity"]),
        (lines(vec![line("BK-1", json!(-1))]), 400, "validation_failed", &["/lines/0/quantity"]),
        (lines(vec![line("BK-1", json!(1.5))]), 400, "validation_failed", &["/lines/0/quantity"]),
        (
            lines(vec![line("BK-1", json!(9_223_372_036_854_775_808_u64))]),
            400,
            "validation_failed",
            &["/lines/0/quantity"],
        ),
        (lines(vec![line("BK-1", json!("1"))]), 400, "validation_failed", &["/lines/0/quantity"]),
        (
            lines(vec![line("BK-1", json!(0)), line("BK-1", json!(-1))]),
            400,
            "validation_failed",
            &["/lines/0/quantity", "/lines/1/quantity"],
        ),
        (lines(vec![]), 400, "validation_failed", &["/lines"]),
        (lines(vec![line("BK-1", json!(1)); 1001]), 400, "validation_failed", &["/lines"]),
        (json!({"email": "first@example.com"}), 400, "validation_failed", &["/lines"]),
        (
            json!({"lines": [line("BK-1", json!(1))], "email": "nobody"}),
            400,
            "validation_failed",
            &["/email"],
        ),
        (
            json!({"lines": [{"sku": "BK-1", "quantity": 1, "price": 1}], "email": "a@example.com"}),
            400,
            "validation_failed",
            &["/lines/0/price"],
        ),
        (json!({"lines": [line("BK-1", json!(1))], "total": 1}), 400, "validation_failed", &["/total"]),
    ];
    for (body, status, code, pointers) in rows_of_refusals {
        let answer = place(&app, "one", body).await;
        answer.problem(status, code);
        assert_eq!(answer.pointers(), pointers, "{answer:?}");
    }
    assert_eq!(rows(&app).await, (0, 0, 0));
    // The key was not used up by what was refused.
    place(&app, "one", order("BK-1", 1)).await.data(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_lines_are_an_order() {
    let app = with_bookcase().await;
    let lines = vec![json!({"sku": "BK-1", "quantity": 1}); 1000];
    let order = place(&app, "one", json!({"lines": lines})).await.data(201);
    assert_eq!(order["lines"][0]["quantity"], 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_leaves_through_the_outbox_as_a_cloudevent_with_the_trace_of_its_request() {
    let app = with_bookcase().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let ask = app.post("/orders").idempotency_key("one").header("traceparent", trace);
    let order = ask.json(order("BK-1", 2)).send().await.data(201);
    let database = app.database().connect().await;
    let event = database
        .query_one(
            "SELECT source, type, partitionkey, sequence, traceparent, data::text, id
             FROM (SELECT source, type, partitionkey, sequence, traceparent, data, id FROM messaging.outbox
                   UNION ALL
                   SELECT source, type, partitionkey, sequence, traceparent, data, id FROM messaging.events) AS event
             WHERE source = '/ordering' AND type LIKE '%.order-placed.%'",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(event.get::<_, String>("source"), "/ordering");
    assert_eq!(event.get::<_, String>("type"), "tradepost.ordering.order-placed.v2");
    assert_eq!(event.get::<_, i64>("sequence"), 1);
    let traceparent: String = event.get("traceparent");
    assert!(traceparent.contains("4bf92f3577b34da6a3ce929d0e0e4736"), "{traceparent}");
    let data: Value = serde_json::from_str(event.get("data")).unwrap();
    assert_eq!(data["order"], order);
    assert_eq!(event.get::<_, uuid::Uuid>("id").get_version_num(), 7);
}
