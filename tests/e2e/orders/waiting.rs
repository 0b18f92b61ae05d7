//! `/orders`: whoever prefers to wait is told what has become of his order.

use super::{order, place, with_bookcase};
use std::time::{Duration, Instant};
use tradepost_tests::{Answer, Application};

async fn place_and_wait(app: &Application, key: &str, prefer: &str) -> Answer {
    let ask = app.post("/orders").idempotency_key(key).header("prefer", prefer);
    ask.json(order("BK-1", 1)).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outcome_is_answered_when_it_is_there_and_the_preference_said_to_be_applied() {
    let app = with_bookcase().await;
    let begin = Instant::now();
    let answer = place_and_wait(&app, "one", "respond-async, wait=60").await;
    assert!(begin.elapsed() < Duration::from_secs(10), "there is nothing to wait for so long");
    let placed = answer.data(201);
    assert_eq!(placed["status"], "rejected", "there is no stock: {placed}");
    assert_eq!(answer.header("preference-applied"), "wait=30");
    let path = answer.header("location");
    assert_eq!(path, format!("/orders/{}", placed["id"].as_str().unwrap()));
    assert_eq!(app.get(path).send().await.data(200), placed);

    let again = place_and_wait(&app, "one", "wait=60").await;
    assert_eq!(
        again.data(201)["status"],
        "pending",
        "the first answer is kept as it was before anybody waited"
    );
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert!(!again.headers.contains_key("preference-applied"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_still_pending_is_answered_as_that() {
    let app = with_bookcase().await;
    // Whoever would decide on it gets nothing.
    let database = app.database().connect().await;
    database.batch_execute("REVOKE DELETE ON messaging.outbox FROM tradepost_messaging").await.unwrap();
    let begin = Instant::now();
    let answer = place_and_wait(&app, "one", "wait=1").await;
    assert!(begin.elapsed() >= Duration::from_secs(1));
    assert_eq!(answer.data(201)["status"], "pending");
    assert_eq!(answer.header("preference-applied"), "wait=1");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_prefer_to_wait_does_not() {
    let app = with_bookcase().await;
    let plain = place(&app, "one", order("BK-1", 1)).await;
    let malformed = place_and_wait(&app, "two", "wait=soon").await;
    for answer in [plain, malformed] {
        assert_eq!(answer.data(201)["status"], "pending");
        assert!(!answer.headers.contains_key("preference-applied"), "{answer:?}");
    }
}
