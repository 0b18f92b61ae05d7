//! `/payments/:payment_id/refunds`

use crate::events::next;
use crate::payments::{TOTAL, check_books, dollars, order_until, refund, shop, until};
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::Duration;
use tradepost_tests::tick;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_is_given_back_in_parts_until_nothing_is_left() {
    let app = shop().await;
    let payment = order_until(&app, "tok_ok", "succeeded").await;
    let part = refund(&app, &payment, "part", json!({"amount": dollars(5_000)})).await;
    let shown = part.data(201);
    assert_eq!(part.header("location"), format!("{payment}/refunds"));
    assert!(shown["id"].as_str().unwrap().starts_with("refund_"), "{shown}");
    assert_eq!(
        (&shown["status"], &shown["amount"], &shown["reason"]),
        (&json!("succeeded"), &dollars(5_000), &json!("requested"))
    );
    // Whoever has given back sees it at once.
    let after = app.get(&payment).as_admin().send().await.data(200);
    assert_eq!((&after["refunded"], &after["refunds"]), (&dollars(5_000), &json!([shown])));

    let too_much = refund(&app, &payment, "too-much", json!({"amount": dollars(15_001)})).await;
    assert_eq!(too_much.problem(422, "not_refundable")["refundable"], dollars(15_000));
    let all = refund(&app, &payment, "all-that-is-left", json!({})).await.data(201);
    assert_eq!(all["amount"], dollars(15_000));
    for body in [json!({}), json!({"amount": dollars(1)})] {
        let nothing = refund(&app, &payment, "more", body).await;
        assert_eq!(nothing.problem(422, "not_refundable")["refundable"], dollars(0));
    }

    let list = format!("{payment}/refunds");
    let listed = app.get(&list).as_admin().send().await.data(200);
    assert_eq!(listed, json!({"items": [all, shown], "has_more": false}));
    let first = app.get(&format!("{list}?limit=1")).as_admin().send().await;
    assert_eq!(first.data(200), json!({"items": [all], "has_more": true}));
    let second = app.get(&next(&first).unwrap()).as_admin().send().await;
    assert_eq!(second.data(200), json!({"items": [shown], "has_more": false}));
    check_books(&app).await;
    let order = payment.replace("/payments/payment_", "order_");
    let entries = app.get(&format!("/ledger/entries?order_id={order}")).as_admin().send().await.data(200);
    let moved: Vec<(&str, i64)> = entries["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (entry["debit"].as_str().unwrap(), entry["amount"]["amount"].as_i64().unwrap()))
        .collect();
    assert_eq!(moved, [("refunds", 15_000), ("refunds", 5_000), ("provider", 20_000)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_gives_nothing_back() {
    let app = shop().await;
    let payment = order_until(&app, "tok_ok", "succeeded").await;
    let path = format!("{payment}/refunds");
    app.post(&path).as_admin().json(json!({})).send().await.problem(400, "idempotency_key_required");
    app.post(&path).idempotency_key("k").json(json!({})).send().await.problem(401, "unauthenticated");
    app.get(&path).send().await.problem(401, "unauthenticated");
    let faulty = json!({"amount": {"amount": 0, "currency": "usd"}, "why": 1});
    let refused = refund(&app, &payment, "k", faulty).await;
    refused.problem(400, "validation_failed");
    assert_eq!(refused.pointers(), ["/amount/amount", "/amount/currency", "/why"]);
    let euros = json!({"amount": {"amount": 1, "currency": "EUR"}});
    refund(&app, &payment, "k", euros).await.problem(422, "not_refundable");
    for nobody in [
        "payment_01h455vb4pex5vsknk084sn02q",
        "x",
        &payment["/payments/".len()..].replace("payment_", "order_"),
    ] {
        let nobody = format!("/payments/{nobody}");
        refund(&app, &nobody, "k", json!({})).await.problem(404, "not_found");
        app.get(&format!("{nobody}/refunds")).as_admin().send().await.problem(404, "not_found");
    }
    let unknown = format!("{path}?starting_after=refund_01h455vb4pex5vsknk084sn02q");
    app.get(&unknown).as_admin().send().await.problem(400, "malformed_request");
    let declined = order_until(&app, "tok_declined", "failed").await;
    refund(&app, &declined, "k", json!({})).await.problem(422, "not_refundable");
    // What was refused is not kept: the key is still good.
    refund(&app, &payment, "k", json!({})).await.data(201);
    check_books(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_gives_back_once_and_is_answered_the_same() {
    let app = shop().await;
    let payment = order_until(&app, "tok_ok", "succeeded").await;
    let body = || json!({"amount": dollars(100)});
    let first = refund(&app, &payment, "one", body()).await;
    first.data(201);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    for _ in 0..3 {
        let again = refund(&app, &payment, "one", body()).await;
        assert_eq!((again.status, &again.body), (201, &first.body));
        assert_eq!(again.header("location"), first.header("location"));
        assert_eq!(again.header("idempotent-replayed"), "true");
    }
    refund(&app, &payment, "one", json!({})).await.problem(422, "idempotency_key_reused");
    let after = app.get(&payment).as_admin().send().await.data(200);
    assert_eq!(after["refunded"], dollars(100));
    // Another payment's key is another key.
    let another = order_until(&app, "tok_slow", "succeeded").await;
    refund(&app, &another, "one", json!({})).await.data(201);
    check_books(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_declines_is_not_given_back_and_says_why() {
    let app = shop().await;
    let payment = order_until(&app, "tok_refund_declined", "succeeded").await;
    for replayed in [false, true] {
        let declined = refund(&app, &payment, "one", json!({})).await;
        let problem = declined.problem(402, "refund_declined");
        assert_eq!(problem["decline_code"], "refund_failed");
        assert_eq!(declined.headers.contains_key("idempotent-replayed"), replayed);
    }
    let after = app.get(&payment).as_admin().send().await.data(200);
    assert_eq!(after["refunded"], dollars(0));
    assert_eq!(
        (&after["refunds"][0]["status"], &after["refunds"][0]["decline_code"]),
        (&json!("failed"), &json!("refund_failed"))
    );
    // It is all still there to be given back.
    refund(&app, &payment, "two", json!({"amount": dollars(TOTAL)})).await.problem(402, "refund_declined");
    refund(&app, &payment, "one", json!({"amount": dollars(1)})).await.problem(422, "idempotency_key_reused");
    check_books(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_whose_outcome_is_not_known_is_accepted_and_found_out() {
    let app = shop().await;
    let payment = order_until(&app, "tok_refund_timeout", "succeeded").await;
    let first = refund(&app, &payment, "one", json!({"amount": dollars(12_000)})).await;
    assert_eq!(first.data(202)["status"], "unknown");
    let again = refund(&app, &payment, "one", json!({"amount": dollars(12_000)})).await;
    assert_eq!((again.status, &again.body), (202, &first.body));
    // Until it is known, it counts as given back.
    let rest = refund(&app, &payment, "rest", json!({"amount": dollars(8_001)})).await;
    assert_eq!(rest.problem(422, "not_refundable")["refundable"], dollars(8_000));
    tokio::time::sleep(Duration::from_secs(2)).await;
    tick(&app).await;
    let after = until(&app, &payment, |payment| payment["refunds"][0]["status"] == "succeeded").await;
    assert_eq!(after["refunded"], dollars(12_000));
    // What was answered stays the answer; what became of it since is in the list.
    let again = refund(&app, &payment, "one", json!({"amount": dollars(12_000)})).await;
    assert_eq!((again.status, &again.body), (202, &first.body));
    check_books(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_at_once_give_back_what_was_taken_and_no_more() {
    let app = shop().await;
    let payment = order_until(&app, "tok_ok", "succeeded").await;
    let asked = (0..32).map(async |number| {
        let body = json!({"amount": dollars(TOTAL / 20)});
        refund(&app, &payment, &format!("key-{number}"), body).await
    });
    let answers = join_all(asked).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(201), count(422)), (20, 12), "{answers:?}");
    let after = until(&app, &payment, |payment| payment["refunded"] == dollars(TOTAL)).await;
    assert_eq!(after["refunds"].as_array().unwrap().len(), 20);
    check_books(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_at_once_are_one_refund() {
    let app = shop().await;
    let payment = order_until(&app, "tok_ok", "succeeded").await;
    let asked = (0..16).map(async |_| refund(&app, &payment, "one", json!({"amount": dollars(7)})).await);
    let answers = join_all(asked).await;
    let bodies: Vec<Value> = answers.iter().map(|answer| answer.data(201)).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{answers:?}");
    let after = app.get(&payment).as_admin().send().await.data(200);
    assert_eq!(after["refunded"], dollars(7));
    check_books(&app).await;
}
