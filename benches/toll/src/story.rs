//! One of each: what a shop asks of its backend in a day.

mod people;

use std::time::Duration;

use serde_json::{Value, json};
use tradepost_tests::{Application, Ask};

use crate::tally::WORDS;

/// Who asks, in one telling.
struct Teller<'a> {
    app: &'a Application,
    /// Tells one telling from the next.
    name: &'a str,
}

impl Teller<'_> {
    /// A request of nobody in particular, which is counted under these words.
    fn ask(&self, method: &str, path: &str, words: &str) -> Ask {
        let id = format!("{}{WORDS}{}", self.name, words.replace(' ', "_"));
        self.app.ask(method, path).header("request-id", id)
    }
}

/// Asks for one of everything. `name` tells one telling from the next.
pub(crate) async fn tell(app: &Application, name: &str) {
    let teller = Teller { app, name };
    let ask = |method: &str, path: &str, words: &str| teller.ask(method, path, words).as_admin();
    let key = |what: &str| format!("{name}-{what}");

    people::tell(&teller).await;

    ask("GET", "/health", "GET").send().await.data(200);
    ask("GET", "/health/ready", "GET").send().await.data(200);
    ask("GET", "/nowhere", "GET").send().await;

    let sku = format!("SKU-{}", name.to_uppercase());
    let product = json!({"sku": sku, "name": "Cup", "price": {"amount": 1999, "currency": "USD"}});
    let product = ask("POST", "/products", "POST").json(product).send().await.data(201);
    let path = format!("/products/{}", id(&product));
    rest().await;
    let read = ask("GET", &path, "GET").send().await;
    let change = ask("PATCH", &path, "PATCH").header("if-match", read.header("etag"));
    change.bytes("application/merge-patch+json", br#"{"name": "Large cup"}"#.to_vec()).send().await.data(200);
    ask("GET", "/products", "GET").send().await.data(200);
    ask("GET", "/products?q=cup", "GET with q").send().await.data(200);

    let stock = format!("/stock/{sku}");
    let adjustment = json!({"delta": 1000, "reason": "delivery"});
    ask("POST", &format!("{stock}/adjustments"), "POST").json(adjustment).send().await;
    ask("GET", &stock, "GET").send().await.data(200);

    let order = json!({"lines": [{"sku": sku, "quantity": 2}], "payment_method": "tok_ok",
                       "email": "guest@example.com"});
    let place = |what: &str, words: &str| {
        ask("POST", "/orders", words).idempotency_key(&key(what)).json(order.clone())
    };
    let sent = id(&place("sent", "POST").send().await.data(201));
    rest().await;
    place("sent", "POST of a known key").send().await.data(201);
    let path = format!("/orders/{sent}");
    let payment = format!("/payments/{}", sent.replace("order_", "payment_"));
    ask("GET", &path, "GET").send().await.data(200);
    ask("GET", "/orders", "GET").send().await.data(200);
    ask("GET", &format!("{path}/events"), "GET").send().await.data(200);
    let one = json!({"lines": [{"sku": sku, "quantity": 1}]});
    post(&ask, &key("f"), &format!("{path}/fulfilments"), &one).await;
    ask("GET", &format!("{path}/fulfilments"), "GET").send().await.data(200);
    post(&ask, &key("r"), &format!("{path}/returns"), &one).await;
    ask("GET", &format!("{path}/returns"), "GET").send().await.data(200);
    rest().await;
    ask("GET", &payment, "GET").send().await.data(200);
    let some = json!({"amount": {"amount": 100, "currency": "USD"}});
    post(&ask, &key("refund"), &format!("{payment}/refunds"), &some).await;
    ask("GET", &format!("{payment}/refunds"), "GET").send().await.data(200);
    ask("GET", "/ledger/balances", "GET").send().await.data(200);
    ask("GET", "/ledger/entries", "GET").send().await.data(200);

    let cancelled = id(&place("cancelled", "POST").send().await.data(201));
    rest().await;
    let path = format!("/orders/{cancelled}");
    post(&ask, &key("hold"), &format!("{path}/hold"), &json!({})).await;
    ask("DELETE", &format!("{path}/hold"), "DELETE").send().await;
    post(&ask, &key("cancel"), &format!("{path}/cancellation"), &json!({})).await;
    rest().await;

    ask("GET", "/events", "GET").send().await.data(200);
    ask("GET", "/dead-letters", "GET").send().await.data(200);
    ask("POST", "/tick", "POST").send().await.data(200);
    rest().await;
}

async fn post(ask: &impl Fn(&str, &str, &str) -> Ask, key: &str, path: &str, body: &Value) {
    let answer = ask("POST", path, "POST").idempotency_key(key).json(body.clone()).send().await;
    assert!(answer.status < 300, "{path}: {}", answer.status);
}

/// Lets events come to rest.
async fn rest() {
    tokio::time::sleep(Duration::from_millis(600)).await;
}

fn id(made: &Value) -> String {
    text(made, "id").to_owned()
}

fn text<'a>(answer: &'a Value, member: &str) -> &'a str {
    answer.get(member).and_then(Value::as_str).unwrap_or_default()
}
