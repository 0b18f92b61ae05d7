//! `/orders/:order_id`

mod cancellation;
mod events;
pub(crate) mod fulfilments;
mod hold;
mod returns;

use super::{ANN, BOB, bookcase, order, place, with_bookcase};
use crate::products::add;
use tradepost_tests::Application;
use tradepost_tests::tick;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_there_as_soon_as_it_was_placed() {
    let app = with_bookcase().await;
    for n in 0..20 {
        let placed = place(&app, &format!("key-{n}"), order("BK-1", 2)).await.data(201);
        let path = format!("/orders/{}", placed["id"].as_str().unwrap());
        let answer = app.get(&path).send().await;
        let found = answer.data(200);
        // Something may have become of it already.
        if found["version"] == 1 {
            assert_eq!(found, placed);
        }
        assert_eq!(found["lines"][0]["sku"], "BK-1");
        assert_eq!(answer.header("etag"), format!("\"{}\"", found["version"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_an_order_is_shown() {
    let app = with_bookcase().await;
    let placed = place(&app, "one", order("BK-1", 2)).await.data(201);
    tick(&app).await;
    let path = format!("/orders/{}", placed["id"].as_str().unwrap());
    let answer = app.get(&path).send().await;
    let found = answer.data(200);
    assert_eq!(
        (&found["status"], &found["reason"]["code"]),
        (&"rejected".into(), &"insufficient_stock".into())
    );
    assert_eq!(answer.header("etag"), "\"2\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customers_order_is_his_and_the_staffs_and_a_guests_is_for_whoever_has_its_id() {
    let app = Application::with_customers().await;
    add(&app, bookcase()).await.data(201);
    let anns = app.post("/orders").as_customer(ANN).idempotency_key("1").json(order("BK-1", 1));
    let anns = anns.send().await.header("location").to_owned();
    let guests = place(&app, "2", order("BK-1", 1)).await.header("location").to_owned();

    for (path, expected) in [(anns, [200, 404, 404, 200]), (guests, [200, 200, 200, 200])] {
        let asks = [
            app.get(&path).as_customer(ANN),
            app.get(&path).as_customer(BOB),
            app.get(&path),
            app.get(&path).as_admin(),
        ];
        for (ask, expected) in asks.into_iter().zip(expected) {
            let answer = ask.send().await;
            assert_eq!(answer.status, expected, "{path} {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_order_one_of_somebody_elses_and_a_malformed_id_look_the_same() {
    let app = Application::with_customers().await;
    add(&app, bookcase()).await.data(201);
    let anns = app.post("/orders").as_customer(ANN).idempotency_key("1").json(order("BK-1", 1));
    let anns = anns.send().await.data(201)["id"].as_str().unwrap().to_owned();
    let rows = ["order_01h455vb4pex5vsknk084sn02q", "x", "user_01h455vb4pex5vsknk084sn02q", &anns];
    for id in rows {
        let problem =
            app.get(&format!("/orders/{id}")).as_customer(BOB).send().await.problem(404, "not_found");
        assert_eq!(problem["detail"], "Order not found", "{id}");
    }
}
