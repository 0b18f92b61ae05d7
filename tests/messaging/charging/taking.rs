//! Money is taken once stock is promised, and goes back when the order ends.

use super::{CHARGE, Order, check, deliver, due, rest};
use serde_json::json;
use std::time::Duration;
use tradepost_tests::Application;

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_stock_is_promised_is_paid_once_however_often_it_is_told() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let order = Order::of(1999, "tok_ok");
    deliver(&app, &[order.placed()]).await;
    assert_eq!(order.payment(&client).await["status"], "initiated");
    let told = [order.placed(), order.reserved()];
    for _ in 0..3 {
        deliver(&app, &told).await;
        let payment = order.payment(&client).await;
        assert_eq!(payment["status"], "succeeded", "{payment}");
        assert_eq!(payment["captured"], json!({"amount": 1999, "currency": "EUR"}));
        assert_eq!(payment["risk"]["review"], false, "{payment}");
        let story = "payment-requested payment-attempt-started payment-authorised payment-captured";
        assert_eq!(order.story(&client).await, story);
        let books = order.at_the_provider(&app);
        assert_eq!((books.captures, books.captured, books.promised), (1, 1999, 0));
        assert_eq!(due(&client).await, 0);
    }
    let leaks = "SELECT count(*) FROM (
                     SELECT data FROM payment.outbox UNION ALL SELECT data FROM messaging.events
                     UNION ALL SELECT view FROM payment.payments
                 ) AS told WHERE data::text LIKE '%tok_ok%' OR data::text LIKE '%first@example.com%'";
    assert_eq!(client.query_one(leaks, &[]).await.unwrap().get::<_, i64>(0), 0, "secrets stay here");
    check(&app, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_batch_is_begun_and_charged_together() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let orders: Vec<Order> =
        (0..60).map(|n| Order::of(n, if n % 3 == 0 { "tok_declined" } else { "tok_ok" })).collect();
    deliver(&app, &orders.iter().flat_map(|order| [order.placed(), order.reserved()]).collect::<Vec<_>>())
        .await;
    for order in &orders {
        let expected = match (order.amount, order.method) {
            // What is free is not asked for.
            (0, _) | (_, Some("tok_ok")) => "succeeded",
            _ => "failed",
        };
        assert_eq!(order.payment(&client).await["status"], expected, "{order:?}");
    }
    check(&app, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_payment_holds_no_other_of_its_batch_up() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let orders: Vec<Order> =
        (0..20).map(|n| Order::of(100 + n, if n == 7 { "tok_slow" } else { "tok_ok" })).collect();
    let events: Vec<_> = orders.iter().flat_map(|order| [order.placed(), order.reserved()]).collect();
    deliver(&app, &events).await;
    let between = "SELECT extract(epoch FROM max(recorded_at) - min(recorded_at))::float8
                   FROM payment.payment_events WHERE type LIKE '%payment-captured%'";
    let seconds: f64 = client.query_one(between, &[]).await.unwrap().get(0);
    assert!(seconds > 1.0, "the others did not wait: {seconds}");
    for order in &orders {
        assert_eq!(order.payment(&client).await["status"], "succeeded", "{order:?}");
    }
    check(&app, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_charged_is_declined_and_says_why() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    for (method, seconds, code) in [
        (Some("tok_declined"), 900, "card_declined"),
        (Some("tok_insufficient_funds"), 900, "insufficient_funds"),
        (Some("tok_fraud"), 900, "fraud_suspected"),
        (Some("tok_ok"), 55, "reservation_expired"),
        (Some("tok_ok"), -5, "reservation_expired"),
        (None, 900, "payment_method_missing"),
    ] {
        let order = Order { method, ..Order::of(1999, "") };
        for _ in 0..2 {
            deliver(&app, &[order.placed(), order.told.reserved_for(seconds)]).await;
            let payment = order.payment(&client).await;
            assert_eq!((&payment["status"], &payment["decline_code"]), (&json!("failed"), &json!(code)));
            let told = "SELECT count(*) FROM payment.payment_events
                        WHERE payment_id = $1 AND type LIKE '%payment-declined%'";
            assert_eq!(client.query_one(told, &[&order.told.uuid()]).await.unwrap().get::<_, i64>(0), 1);
        }
        // The order is called off for it, and comes too late with promised stock.
        deliver(&app, &[order.cancelled(1999), order.reserved()]).await;
        assert_eq!(order.payment(&client).await["decline_code"], code);
        assert_eq!(order.at_the_provider(&app).captured, 0);
    }
    assert_eq!(due(&client).await, 0);
    check(&app, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_ended_is_never_charged_later() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let orders: Vec<Order> = (1..=3).map(|n| Order::of(n, "tok_ok")).collect();
    let ends = [orders[0].cancelled(1), orders[1].told.expired(), orders[2].told.rejected()];
    for (order, end) in orders.iter().zip(ends) {
        deliver(&app, &[order.placed()]).await;
        deliver(&app, std::slice::from_ref(&end)).await;
        deliver(&app, &[end, order.reserved()]).await;
        assert_eq!(order.story(&client).await, "payment-requested payment-cancelled");
        assert_eq!(order.payment(&client).await["status"], "failed");
    }
    let at_once = Order::of(4, "tok_ok");
    deliver(&app, &[at_once.placed(), at_once.reserved(), at_once.cancelled(4)]).await;
    assert_eq!(at_once.story(&client).await, "payment-requested payment-cancelled");
    let unheard_of = Order::of(5, "tok_ok");
    deliver(&app, &[unheard_of.cancelled(5)]).await;
    assert_eq!(unheard_of.story(&client).await, "");
    check(&app, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_for_an_order_that_ended_goes_back_once() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    for (value, back) in [(1000, 1000), (400, 400), (5000, 1000)] {
        let order = Order::of(1000, "tok_ok");
        deliver(&app, &[order.placed(), order.reserved()]).await;
        let cancelled = order.cancelled(value);
        for _ in 0..3 {
            deliver(&app, std::slice::from_ref(&cancelled)).await;
            let payment = order.payment(&client).await;
            assert_eq!(payment["refunded"]["amount"], back, "{payment}");
            assert_eq!(payment["refunds"].as_array().unwrap().len(), 1);
            assert_eq!(order.at_the_provider(&app).refunded, back);
        }
    }
    check(&app, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_given_back_once_and_never_more_than_was_taken() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let order = Order::of(1000, "tok_ok");
    deliver(&app, &[order.placed(), order.reserved()]).await;
    let (first, second, third) = (order.returned(300), order.returned(300), order.returned(900));
    deliver(&app, &[first.clone(), second.clone()]).await;
    deliver(&app, &[first, second, third]).await;
    let payment = order.payment(&client).await;
    let amounts: Vec<i64> = payment["refunds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refund| refund["amount"]["amount"].as_i64().unwrap())
        .collect();
    assert_eq!(amounts, [300, 300, 400]);
    assert_eq!(order.at_the_provider(&app).refunded, 1000);
    check(&app, &client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_that_is_declined_says_so_and_one_without_an_answer_is_found_out() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let (declined, lost) = (Order::of(1000, "tok_refund_declined"), Order::of(1000, "tok_refund_timeout"));
    for order in [&declined, &lost] {
        deliver(&app, &[order.placed(), order.reserved()]).await;
        deliver(&app, &[order.cancelled(1000)]).await;
    }
    let payment = declined.payment(&client).await;
    assert_eq!(payment["refunds"][0]["status"], "failed", "{payment}");
    assert_eq!(payment["refunds"][0]["decline_code"], "refund_failed");
    assert_eq!(lost.payment(&client).await["refunds"][0]["status"], "unknown");
    tokio::time::sleep(Duration::from_secs(2)).await;
    rest(&app, &client).await;
    assert_eq!(lost.payment(&client).await["refunds"][0]["status"], "succeeded");
    assert_eq!(lost.at_the_provider(&app).refunded, 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_event_keeps_no_other_order_from_being_paid() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    let orders: Vec<Order> = (1..=3).map(|n| Order::of(n * 100, "tok_ok")).collect();
    let mut unreadable = orders[0].placed();
    unreadable["data"]["payment_method"] = json!({"secret": "tok_ok"});
    let unrequested = orders[1].reserved();
    let events = [unreadable, orders[0].reserved(), unrequested, orders[2].placed(), orders[2].reserved()];
    let (status, outcomes) = app.deliver(CHARGE, &events).await;
    assert_eq!(
        (status, outcomes),
        (503, ["rejected", "held", "failed", "applied", "applied"].map(str::to_owned).to_vec())
    );
    assert_eq!(orders[2].payment(&client).await["status"], "succeeded");
    check(&app, &client).await;
}
