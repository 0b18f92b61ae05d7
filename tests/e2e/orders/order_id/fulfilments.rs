//! `/orders/:order_id/fulfilments`

use crate::orders::{ANN, paid_order, seen, with_stock};
use futures::future::join_all;
use serde_json::{Value, json};
use tradepost_tests::{Answer, Application};

pub(crate) async fn fulfil(app: &Application, path: &str, pieces: i64) -> Answer {
    let body = json!({"lines": [{"sku": "BK-1", "quantity": pieces}], "tracking": "1Z 999"});
    app.post(&format!("{path}/fulfilments")).as_admin().json(body).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_sent_in_parts_and_complete_when_nothing_is_open() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 3).await;
    let first = fulfil(&app, &path, 1).await;
    let fulfilment = first.data(201);
    assert!(fulfilment["id"].as_str().unwrap().starts_with("fulfilment_"), "{fulfilment}");
    assert_eq!(fulfilment["lines"], json!([{"sku": "BK-1", "quantity": 1}]));
    assert_eq!(fulfilment["tracking"], "1Z 999");
    assert_eq!(first.header("location"), format!("{path}/fulfilments"));
    let order = seen(&app, &path).await;
    assert_eq!((&order["status"], &order["lines"][0]["open"]), (&json!("placed"), &json!(2)));
    assert_eq!(order["fulfilments"], json!([fulfilment]));

    let second = fulfil(&app, &path, 2).await.data(201);
    assert_eq!(seen(&app, &path).await["status"], "completed");
    let list = async |query: &str| {
        let page = app.get(&format!("{path}/fulfilments{query}")).as_admin().send().await.data(200);
        (page["items"].clone(), page["has_more"].clone())
    };
    assert_eq!(list("").await, (json!([second, fulfilment]), json!(false)));
    assert_eq!(list("?limit=1").await, (json!([second]), json!(true)));
    let after = format!("?starting_after={}", second["id"].as_str().unwrap());
    assert_eq!(list(&after).await, (json!([fulfilment]), json!(false)));
    let problem = fulfil(&app, &path, 1).await.problem(409, "illegal_transition");
    assert_eq!(problem["allowed"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_sent_than_is_open_and_nothing_that_was_not_ordered() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 2).await;
    let body = json!({"lines": [{"sku": "BK-1", "quantity": 3}, {"sku": "LAMP", "quantity": 1}]});
    let answer = app.post(&format!("{path}/fulfilments")).as_admin().json(body).send().await;
    answer.problem(422, "not_that_many");
    assert_eq!(answer.pointers(), ["/lines/0/quantity", "/lines/1/sku"]);
    assert_eq!(seen(&app, &path).await["fulfilments"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_send_the_last_piece_at_once_one_does() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 2).await;
    let mut statuses: Vec<u16> =
        join_all((0..8).map(|_| fulfil(&app, &path, 1))).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses[..2], [201, 201], "{statuses:?}");
    assert!(statuses[2..].iter().all(|status| *status == 409), "{statuses:?}");
    let order = seen(&app, &path).await;
    assert_eq!((&order["lines"][0]["fulfilled"], &order["status"]), (&json!(2), &json!("completed")));
}

#[tokio::test(flavor = "multi_thread")]
async fn sending_is_for_staff() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 1).await;
    let body: Value = json!({"lines": [{"sku": "BK-1", "quantity": 1}]});
    let ask = app.post(&format!("{path}/fulfilments")).json(body.clone());
    ask.send().await.problem(401, "unauthenticated");
    let ask = app.post(&format!("{path}/fulfilments")).as_customer(ANN).json(body);
    ask.send().await.problem(403, "forbidden");
    app.get(&format!("{path}/fulfilments")).as_customer(ANN).send().await.problem(403, "forbidden");
}
