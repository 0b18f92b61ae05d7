//! `/payments/:payment_id`

mod refunds;

use tradepost_tests::{Application, ToldOrder};

fn path(order: &ToldOrder) -> String {
    format!("/payments/{}", order.id().replace("order_", "payment_"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_shown_to_staff_as_its_newest_event_tells() {
    let app = Application::start().await;
    let order = ToldOrder::of(&[("BK-1", 3)]);
    app.get(&path(&order)).as_admin().send().await.problem(404, "not_found");

    let captured = order.captured();
    let mut earlier = captured.clone();
    earlier["data"]["payment"]["version"] = 4.into();
    earlier["data"]["payment"]["status"] = "pending".into();
    for events in [vec![captured.clone(), earlier.clone()], vec![earlier]] {
        let (_, outcomes) = app.deliver("payment-views", &events).await;
        assert!(outcomes.iter().all(|outcome| outcome == "applied"), "{outcomes:?}");
        let shown = app.get(&path(&order)).as_admin().send().await;
        assert_eq!(shown.data(200), captured["data"]["payment"]);
        assert_eq!(shown.header("etag"), "\"5\"");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_tells_of_no_payment_is_rejected() {
    let app = Application::start().await;
    let order = ToldOrder::of(&[("BK-1", 3)]);
    let mut broken = order.captured();
    broken["data"]["payment"]["amount"] = "a lot".into();
    for event in [order.placed(), broken] {
        assert_eq!(app.deliver("payment-views", &[event]).await.1, ["rejected"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_a_payment_asks_for_the_operators_key() {
    let app = Application::start().await;
    let order = ToldOrder::of(&[("BK-1", 3)]);
    app.deliver("payment-views", &[order.captured()]).await;
    app.get(&path(&order)).send().await.problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_payment_and_a_malformed_id_look_the_same() {
    let app = Application::start().await;
    for id in ["payment_01h455vb4pex5vsknk084sn02q", "x", "order_01h455vb4pex5vsknk084sn02q"] {
        app.get(&format!("/payments/{id}")).as_admin().send().await.problem(404, "not_found");
    }
}
