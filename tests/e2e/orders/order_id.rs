//! `/orders/:order_id`

mod events;

use super::{order, place, with_bookcase};
use tradepost_tests::Application;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_there_as_soon_as_it_was_placed() {
    let app = with_bookcase().await;
    for n in 0..20 {
        let placed = place(&app, &format!("key-{n}"), order("BK-1", 2)).await.data(201);
        let path = format!("/orders/{}", placed["id"].as_str().unwrap());
        assert_eq!(app.get(&path).as_admin().send().await.data(200), placed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_an_order_asks_for_the_operators_key() {
    let app = with_bookcase().await;
    let placed = place(&app, "one", order("BK-1", 2)).await.data(201);
    let path = format!("/orders/{}", placed["id"].as_str().unwrap());
    app.get(&path).send().await.problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_order_and_a_malformed_id_look_the_same() {
    let app = Application::start().await;
    for id in ["order_01h455vb4pex5vsknk084sn02q", "x", "user_01h455vb4pex5vsknk084sn02q"] {
        app.get(&format!("/orders/{id}")).as_admin().send().await.problem(404, "not_found");
    }
}
