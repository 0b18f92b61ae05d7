//! `/orders/:order_id/events`

use crate::orders::{ANN, BOB, order, paid_order, place, with_bookcase, with_stock};
use serde_json::{Value, json};
use tradepost_tests::tick;

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_tells_who_did_what_when_and_why() {
    let app = with_stock(5).await;
    let path = paid_order(&app, 2).await;
    tick(&app).await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let ask = app.post(&format!("{path}/cancellation")).as_admin().header("traceparent", trace);
    ask.json(json!({"reason": "Damaged"})).send().await.data(200);
    let page = app.get(&format!("{path}/events")).as_customer(ANN).send().await.data(200);
    assert_eq!(page["has_more"], false);
    let items = page["items"].as_array().unwrap();
    let [placed, confirmed, cancelled, ..] = items.as_slice() else { panic!("{page}") };

    assert!(placed["id"].as_str().unwrap().starts_with("event_"));
    assert_eq!(placed["type"], "tradepost.ordering.order-placed.v2");
    assert_eq!(
        (&placed["version"], &placed["actor"], &placed["caused_by"]),
        (&json!(1), &json!(ANN), &Value::Null)
    );
    assert_eq!(placed["data"]["total"], json!({"amount": 52392, "currency": "USD"}));
    assert!(placed["occurred_at"].as_str().unwrap().ends_with('Z'));
    assert!(!page.to_string().contains("tok_ok"), "what could be charged again is not shown: {page}");

    assert_eq!(confirmed["type"], "tradepost.ordering.order-confirmed.v1");
    let cause = confirmed["caused_by"].as_str().unwrap();
    let events =
        app.get("/events?type=tradepost.payment.payment-captured.v1").as_admin().send().await.data(200);
    assert_eq!(events["items"][0]["id"], cause);

    assert_eq!(cancelled["type"], "tradepost.ordering.order-cancelled.v1");
    assert_eq!((&cancelled["actor"], &cancelled["traceparent"]), (&json!("admin"), &json!(trace)));
    assert_eq!(cancelled["data"]["reason"]["detail"], "Damaged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_for_whom_its_order_is_for() {
    let app = with_stock(5).await;
    let anns = paid_order(&app, 1).await;
    let guests = place(&app, "guest", order("BK-1", 1)).await.header("location").to_owned();
    for (path, expected) in [(anns, [200, 404, 404, 200]), (guests, [200, 200, 200, 200])] {
        let path = format!("{path}/events");
        let asks = [
            app.get(&path).as_customer(ANN),
            app.get(&path).as_customer(BOB),
            app.get(&path),
            app.get(&path).as_admin(),
        ];
        for (ask, expected) in asks.into_iter().zip(expected) {
            assert_eq!(ask.send().await.status, expected, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_does_not_exist_has_no_stream() {
    let app = with_bookcase().await;
    for id in ["order_01h455vb4pex5vsknk084sn02q", "x"] {
        app.get(&format!("/orders/{id}/events")).as_admin().send().await.problem(404, "not_found");
    }
}
