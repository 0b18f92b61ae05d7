//! `/payments/webhook`

use super::{SECRET, check_books, dollars, order_until, refund, shop, until};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use tradepost_tests::tick;
use tradepost_tests::{Answer, Application};

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed()
}

/// Tells the shop, signed as the provider signs.
async fn tell(app: &Application, notice: &Value) -> Answer {
    let body = notice.to_string();
    tell_with(app, &body, &tradepost_signature::sign(SECRET, now(), body.as_bytes())).await
}

async fn tell_with(app: &Application, body: &str, signature: &str) -> Answer {
    let ask = app.post("/payments/webhook").header("payment-signature", signature);
    ask.bytes("application/json", body).send().await
}

fn succeeded(payment: &str, reference: &str, id: &str) -> Value {
    notice("operation.succeeded", payment, reference, &json!({"id": id}))
}

fn declined(payment: &str, reference: &str, code: &str) -> Value {
    notice("operation.declined", payment, reference, &json!({"error": {"code": code, "message": "No"}}))
}

fn notice(notice_type: &str, payment: &str, reference: &str, more: &Value) -> Value {
    let mut data = json!({
        "reference": reference, "order_id": payment.replace("/payments/payment_", "order_"), "livemode": false,
    });
    data.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"id": "evt_1", "type": notice_type, "created": 1, "data": data})
}

fn reference(payment: &str, operation: &str) -> String {
    format!("{}-1-{operation}", &payment["/payments/".len()..])
}

fn outcome(answer: &Answer) -> Value {
    answer.data(200)["outcome"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_whose_answer_was_lost_is_told_and_told_again() {
    let app = shop().await;
    let payment = order_until(&app, "tok_timeout_captured", "unknown").await;
    let told = succeeded(&payment, &reference(&payment, "capture"), "sandbox_capture");
    assert_eq!(outcome(&tell(&app, &told).await), "recorded");
    until(&app, &payment, |payment| payment["status"] == "succeeded").await;
    for _ in 0..2 {
        assert_eq!(outcome(&tell(&app, &told).await), "known");
    }
    // Too late for a no.
    let contrary = declined(&payment, &reference(&payment, "capture"), "card_declined");
    assert_eq!(outcome(&tell(&app, &contrary).await), "known");
    tick(&app).await;
    let after = until(&app, &payment, |payment| payment["captured"] == dollars(20_000)).await;
    assert_eq!(after["attempts"].as_array().unwrap().len(), 1);
    check_books(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_that_was_lost_ends_the_order() {
    let app = shop().await;
    let payment = order_until(&app, "tok_timeout", "unknown").await;
    let told = declined(&payment, &reference(&payment, "authorise"), "insufficient_funds");
    assert_eq!(outcome(&tell(&app, &told).await), "recorded");
    let after = until(&app, &payment, |payment| payment["status"] == "failed").await;
    assert_eq!(after["decline_code"], "insufficient_funds");
    let order = payment.replace("/payments/payment_", "/orders/order_");
    until(&app, &order, |order| order["status"] == "cancelled").await;
    check_books(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_whose_answer_was_lost_is_told() {
    let app = shop().await;
    let payment = order_until(&app, "tok_refund_timeout", "succeeded").await;
    let refunded = refund(&app, &payment, "one", json!({})).await.data(202);
    let told = succeeded(&payment, refunded["id"].as_str().unwrap(), "re_1");
    assert_eq!(outcome(&tell(&app, &told).await), "recorded");
    assert_eq!(outcome(&tell(&app, &told).await), "known");
    until(&app, &payment, |payment| payment["refunded"] == dollars(20_000)).await;
    check_books(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_about_nothing_of_ours_is_ignored() {
    let app = shop().await;
    let payment = order_until(&app, "tok_timeout_captured", "unknown").await;
    let nobody = "/payments/payment_01h455vb4pex5vsknk084sn02q";
    for told in [
        succeeded(nobody, &reference(nobody, "capture"), "x"),
        succeeded(nobody, &reference(&payment, "capture"), "x"),
        succeeded(&payment, &reference(nobody, "capture"), "x"),
        succeeded(&payment, "something else", "x"),
        notice("customer.created", &payment, "", &json!({})),
        json!({"type": "ping", "data": null}),
    ] {
        assert_eq!(outcome(&tell(&app, &told).await), "ignored", "{told}");
    }
    for known in [
        succeeded(&payment, "refund_01h455vb4pex5vsknk084sn02q", "x"),
        succeeded(&payment, &reference(&payment, "void"), "x"),
        succeeded(&payment, &reference(&payment, "authorise"), "x"),
        succeeded(&payment, &reference(&payment, "capture").replace("-1-", "-2-"), "x"),
    ] {
        assert_eq!(outcome(&tell(&app, &known).await), "known", "{known}");
    }
    let after = app.get(&payment).as_admin().send().await.data(200);
    assert_eq!((&after["status"], &after["captured"]), (&json!("unknown"), &dollars(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_told_again() {
    let app = shop().await;
    let payment = "/payments/payment_01h455vb4pex5vsknk084sn02q";
    let reference = reference(payment, "capture");
    for told in [
        json!([]),
        json!({"type": "operation.succeeded"}),
        succeeded(payment, &reference, "an id"),
        declined(payment, &reference, "No!"),
        succeeded("/payments/x", &reference, "x"),
        notice("operation.declined", payment, &reference, &json!({})),
    ] {
        tell(&app, &told).await.problem(400, "malformed_request");
    }
    let body = "{";
    let signature = tradepost_signature::sign(SECRET, now(), body.as_bytes());
    tell_with(&app, body, &signature).await.problem(400, "malformed_json");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_provider_has_signed_lately_is_taken() {
    let app = shop().await;
    let payment = order_until(&app, "tok_timeout_captured", "unknown").await;
    let body = succeeded(&payment, &reference(&payment, "capture"), "sandbox_capture").to_string();
    let sign =
        |secret: &str, seconds: i64| tradepost_signature::sign(secret, now() + seconds, body.as_bytes());
    for signature in [
        String::new(),
        "t=1,v1=1".to_owned(),
        sign("another", 0),
        sign(SECRET, -310),
        sign(SECRET, 310),
        sign(SECRET, 0).replace("t=", "t=1"),
        tradepost_signature::sign(SECRET, now(), b"another body"),
    ] {
        let refused = tell_with(&app, &body, &signature).await;
        refused.problem(401, "bad_signature");
        assert!(!String::from_utf8_lossy(&refused.body).contains(SECRET), "{refused:?}");
    }
    let unsigned = app.post("/payments/webhook").bytes("application/json", body.clone()).send().await;
    unsigned.problem(401, "bad_signature");
    let after = app.get(&payment).as_admin().send().await.data(200);
    assert_eq!(after["status"], "unknown");
    for seconds in [-290, 290] {
        tell_with(&app, &body, &sign(SECRET, seconds)).await.data(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_secret_nothing_is_taken_from_anybody() {
    let app = Application::start().await;
    let body = json!({"type": "ping", "data": {}}).to_string();
    for secret in ["", " ", SECRET] {
        let signature = tradepost_signature::sign(secret, now(), body.as_bytes());
        tell_with(&app, &body, &signature).await.problem(401, "bad_signature");
    }
}
