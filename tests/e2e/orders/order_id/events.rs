//! `/orders/:order_id/events`

use crate::orders::{order, place, with_bookcase};
use tradepost_tests::Application;

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_tells_who_did_what_and_when() {
    let app = with_bookcase().await;
    let placed = place(&app, "one", order("BK-1", 2)).await.data(201);
    let path = format!("/orders/{}/events", placed["id"].as_str().unwrap());
    let page = app.get(&path).as_admin().send().await.data(200);
    assert_eq!(page["has_more"], false);
    let [event] = page["items"].as_array().unwrap().as_slice() else { panic!("{page}") };
    assert!(event["id"].as_str().unwrap().starts_with("event_"));
    assert_eq!(event["type"], "tradepost.ordering.order-placed.v2");
    assert_eq!(event["version"], 1);
    assert_eq!(event["actor"], "anonymous");
    assert_eq!(event["data"]["total"], placed["total"]);
    assert!(event["occurred_at"].as_str().unwrap().ends_with('Z'));
    app.get(&path).send().await.problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_does_not_exist_has_no_stream() {
    let app = Application::start().await;
    for id in ["order_01h455vb4pex5vsknk084sn02q", "x"] {
        app.get(&format!("/orders/{id}/events")).as_admin().send().await.problem(404, "not_found");
    }
}
