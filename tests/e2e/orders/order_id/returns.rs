//! `/orders/:order_id/returns`

use super::fulfilments::fulfil;
use crate::orders::{paid_order, seen, with_stock};
use serde_json::json;
use tradepost_tests::tick;
use tradepost_tests::{Answer, Application};

async fn take_back(app: &Application, path: &str, pieces: i64, key: &str) -> Answer {
    let body = json!({"lines": [{"sku": "BK-1", "quantity": pieces}]});
    app.post(&format!("{path}/returns")).as_admin().idempotency_key(key).json(body).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_back_is_given_back() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 3).await;
    fulfil(&app, &path, 2).await.data(201);
    let answer = take_back(&app, &path, 1, "one").await;
    let returned = answer.data(201);
    assert!(returned["id"].as_str().unwrap().starts_with("return_"), "{returned}");
    assert_eq!(returned["value"], json!({"amount": 26196, "currency": "USD"}));
    assert_eq!(answer.header("location"), format!("{path}/returns"));
    let again = take_back(&app, &path, 1, "one").await;
    assert_eq!((again.status, &again.body), (201, &answer.body), "and not a second time");
    let list = app.get(&format!("{path}/returns")).as_admin().send().await.data(200);
    assert_eq!(list["items"], json!([returned]));

    tick(&app).await;
    let order = seen(&app, &path).await;
    assert_eq!((&order["status"], &order["lines"][0]["returned"]), (&json!("placed"), &json!(1)));
    assert_eq!(order["payment"]["refunded"], json!({"amount": 26196, "currency": "USD"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_comes_back_than_was_sent() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 3).await;
    let nothing_sent = take_back(&app, &path, 1, "one").await;
    nothing_sent.problem(422, "not_that_many");
    assert_eq!(nothing_sent.pointers(), ["/lines/0/quantity"]);
    fulfil(&app, &path, 3).await.data(201);
    take_back(&app, &path, 3, "two").await.data(201);
    take_back(&app, &path, 1, "three").await.problem(422, "not_that_many");
}
