//! `/orders/:order_id/cancellation`

use crate::orders::{ANN, BOB, paid_order, seen, with_stock};
use futures::future::join_all;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tradepost_tests::Application;
use tradepost_tests::tick;

/// What there is of the bookcase.
async fn stock(app: &Application) -> (Value, Value) {
    let level = app.get("/stock/BK-1").as_admin().send().await.data(200);
    (level["on_hand"].clone(), level["reserved"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paid_order_that_is_cancelled_gives_back_the_money_and_the_goods() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 2).await;
    tick(&app).await;
    assert_eq!(stock(&app).await, (3.into(), 0.into()));
    let ask = app.post(&format!("{path}/cancellation")).as_customer(ANN);
    let answer = ask.json(json!({"reason": "Too large"})).send().await;
    let cancelled = answer.data(200);
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(cancelled["reason"], json!({"code": "customer_request", "detail": "Too large"}));
    assert_eq!(cancelled["lines"][0]["cancelled"], 2);
    assert_eq!(answer.header("etag"), format!("\"{}\"", cancelled["version"]));
    assert_eq!(seen(&app, &path).await["status"], "cancelled", "and is shown at once");

    tick(&app).await;
    assert_eq!(stock(&app).await, (5.into(), 0.into()));
    let refunded = seen(&app, &path).await["payment"]["refunded"].clone();
    assert_eq!(refunded, json!({"amount": 52392, "currency": "USD"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_ended_cannot_be_cancelled_and_who_asks_again_gets_the_first_answer() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 1).await;
    let cancel = async |key: &str, reason: &str| {
        let ask = app.post(&format!("{path}/cancellation")).as_admin().idempotency_key(key);
        ask.json(json!({"reason": reason})).send().await
    };
    let first = cancel("one", "Damaged").await;
    assert_eq!(first.data(200)["reason"]["code"], "staff_request");
    let again = cancel("one", "Damaged").await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.header("idempotent-replayed"), "true");
    let problem = cancel("two", "Damaged").await.problem(409, "illegal_transition");
    assert_eq!(problem["allowed"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_used_with_another_body_is_refused() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 1).await;
    let hold = |reason: &str| {
        let ask = app.post(&format!("{path}/hold")).as_admin().idempotency_key("one");
        ask.json(json!({"reason": reason})).send()
    };
    hold("Odd").await.data(200);
    app.ask("DELETE", &format!("{path}/hold")).as_admin().send().await.data(200);
    hold("Even").await.problem(422, "idempotency_key_reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_cancelled_by_its_customer_and_staff_and_for_nobody_else_is_there() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 1).await;
    for (customer, status) in [(Some(BOB), 404), (None, 404), (Some(ANN), 200)] {
        let ask = app.post(&format!("{path}/cancellation")).json(json!({}));
        let ask = if let Some(customer) = customer { ask.as_customer(customer) } else { ask };
        assert_eq!(ask.send().await.status, status, "{customer:?}");
    }
    let absent = "/orders/order_01h455vb4pex5vsknk084sn02q/cancellation";
    app.post(absent).as_admin().json(json!({})).send().await.problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_body_is_told() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 1).await;
    let body = json!({"reason": 7, "because": "so"});
    let answer = app.post(&format!("{path}/cancellation")).as_admin().json(body).send().await;
    answer.problem(400, "validation_failed");
    assert_eq!(answer.pointers(), ["/reason", "/because"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_cancel_at_once_one_does() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 1).await;
    let cancellations = (0..16).map(|_| {
        let ask = app.post(&format!("{path}/cancellation")).as_admin().json(json!({}));
        async { ask.send().await.status }
    });
    let mut statuses = BTreeMap::new();
    for status in join_all(cancellations).await {
        *statuses.entry(status).or_insert(0) += 1;
    }
    assert_eq!(statuses, BTreeMap::from([(200, 1), (409, 15)]));
}
