//! Payments: `/payments/…`

mod payment_id;
mod webhook;

use crate::products::{add, product};
use serde_json::{Value, json};
use std::time::Duration;
use tradepost_tests::books::{payment_faults, provider_faults};
use tradepost_tests::{Answer, Application, Setup};

/// What an order costs here.
const TOTAL: i64 = 20_000;

/// With what the provider signs here.
const SECRET: &str = "whsec_of_the_tests";

/// A shop with goods, that knows the provider's signature.
async fn shop() -> Application {
    let variables = vec![("payment_webhook_secret".to_owned(), SECRET.to_owned())];
    let app = Application::with(Setup { variables, ..Setup::default() }).await;
    add(&app, product("BK-1", TOTAL, "USD")).await.data(201);
    let adjustments = app.post("/stock/BK-1/adjustments").as_admin();
    adjustments.json(json!({"delta": 1_000, "reason": "Received"})).send().await.data(201);
    app
}

/// Orders for [`TOTAL`], to be paid with `token`; the path of the payment.
async fn order(app: &Application, token: &str) -> String {
    let body =
        json!({"lines": [{"sku": "BK-1", "quantity": 1}], "payment_method": token, "email": "a@example.com"});
    let order = app.post("/orders").idempotency_key(token).json(body).send().await.data(201);
    order["id"].as_str().unwrap().replace("order_", "/payments/payment_")
}

/// The same, once the payment has come to this.
async fn order_until(app: &Application, token: &str, status: &str) -> String {
    let payment = order(app, token).await;
    until(app, &payment, |payment| payment["status"] == status).await;
    payment
}

/// The payment, as soon as it is shown like this.
async fn until(app: &Application, path: &str, such: impl Fn(&Value) -> bool) -> Value {
    let mut shown = Value::Null;
    for _ in 0..1_000 {
        let answer = app.get(path).as_admin().send().await;
        if answer.status == 200 {
            shown = answer.data(200);
            if such(&shown) {
                return shown;
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{path} stays at {shown}");
}

async fn refund(app: &Application, payment: &str, key: &str, body: Value) -> Answer {
    app.post(&format!("{payment}/refunds")).as_admin().idempotency_key(key).json(body).send().await
}

fn dollars(amount: i64) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

/// Our books and the provider's say the same, and nothing moved that should not have.
async fn check_books(app: &Application) {
    let client = app.database().connect().await;
    let faults = [payment_faults(&client).await, provider_faults(&client, &app.views()).await].concat();
    // An order hears of refunds later, from the relay.
    let faults: Vec<String> = faults.into_iter().filter(|fault| !fault.starts_with("order ")).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}
