//! `/products`

mod import;
mod listing;
mod product_id;
mod rebuilding;

use serde_json::{Value, json};
use tradepost_tests::{Answer, Application};

/// A product that the catalog takes.
pub(crate) fn product(sku: &str, amount: i64, currency: &str) -> Value {
    json!({"sku": sku, "name": format!("The {sku}"), "price": {"amount": amount, "currency": currency}})
}

/// Adds a product as the operator.
pub(crate) async fn add(app: &Application, product: Value) -> Answer {
    app.post("/products").as_admin().json(product).send().await
}

/// What the catalog has told: type and sequence of each event, in order. It may be on its way already.
pub(crate) async fn told(app: &Application) -> Vec<(String, i64)> {
    let database = app.database().connect().await;
    let told = "SELECT type, sequence FROM messaging.events WHERE source = '/catalog'
                UNION ALL SELECT type, sequence FROM catalog.outbox ORDER BY sequence";
    let rows = database.query(told, &[]).await.unwrap();
    let short =
        |name: String| name.trim_start_matches("tradepost.catalog.").trim_end_matches(".v1").to_owned();
    rows.iter().map(|row| (short(row.get(0)), row.get(1))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_adds_a_product() {
    let app = Application::start().await;
    let body = json!({"sku": "BK-1", "name": "Bookcase", "price": {"amount": 26196, "currency": "USD"}});
    let answer = add(&app, body).await;
    let product = answer.data(201);
    let id = product["id"].as_str().unwrap();
    assert!(id.starts_with("product_"), "{id}");
    assert_eq!(answer.header("location"), format!("/products/{id}"));
    assert_eq!(answer.header("etag"), "\"1\"");
    assert_eq!((&product["sku"], &product["name"]), (&json!("BK-1"), &json!("Bookcase")));
    assert_eq!(product["price"], json!({"amount": 26196, "currency": "USD"}));
    assert_eq!(product["active"], true);
    assert_eq!(told(&app).await, [("product-created".to_owned(), 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_carries_the_product_and_the_trace_of_its_request() {
    let app = Application::start().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let ask = app.post("/products").as_admin().header("traceparent", trace);
    let product = ask.json(product("BK-1", 1, "USD")).send().await.data(201);
    let database = app.database().connect().await;
    let event = "SELECT subject, partitionkey, traceparent, data::text, id FROM catalog.outbox
                 UNION ALL SELECT subject, partitionkey, traceparent, data::text, id FROM messaging.events";
    let event = database.query_one(event, &[]).await.unwrap();
    assert_eq!(
        (event.get::<_, &str>(0), event.get::<_, &str>(1)),
        (product["id"].as_str().unwrap(), event.get(0))
    );
    assert!(event.get::<_, &str>(2).contains("4bf92f3577b34da6a3ce929d0e0e4736"));
    assert_eq!(serde_json::from_str::<Value>(event.get(3)).unwrap(), product);
    assert_eq!(event.get::<_, uuid::Uuid>(4).get_version_num(), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_else_may_not() {
    let app = Application::start().await;
    app.post("/products").json(product("S", 1, "USD")).send().await.problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sku_is_used_once() {
    let app = Application::start().await;
    add(&app, product("BK-1", 1, "USD")).await.data(201);
    add(&app, product("BK-1", 2, "EUR")).await.problem(409, "sku_taken");
    add(&app, product("bk-1", 2, "EUR")).await.data(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_answered_as_the_first_and_adds_nothing() {
    let app = Application::start().await;
    let ask =
        |key: &str, body: Value| app.post("/products").as_admin().idempotency_key(key).json(body).send();
    let first = ask("one", product("BK-1", 1, "USD")).await;
    let again = ask("\"one\"", product("BK-1", 1, "USD")).await;
    first.data(201);
    assert_eq!((again.status, &again.body), (201, &first.body));
    for header in ["location", "etag", "content-type"] {
        assert_eq!(again.header(header), first.header(header));
    }
    assert_eq!(again.header("idempotent-replayed"), "true");
    ask("one", product("BK-2", 1, "USD")).await.problem(422, "idempotency_key_reused");
    ask("two", product("BK-1", 1, "USD")).await.problem(409, "sku_taken");
    ask(&"k".repeat(256), product("BK-3", 1, "USD")).await.problem(400, "idempotency_key_malformed");
    assert_eq!(told(&app).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_under_one_key_add_one_product() {
    let app = Application::start().await;
    let ask = || app.post("/products").as_admin().idempotency_key("k").json(product("BK-1", 1, "USD")).send();
    let answers = futures::future::join_all((0..8).map(|_| ask())).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (201, &answers[0].body), "{answer:?}");
    }
    assert_eq!(told(&app).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_product_is_said_all_at_once() {
    let app = Application::start().await;
    let price = json!({"amount": 1, "currency": "USD"});
    let rows: [(Value, &[&str]); 13] = [
        (json!({}), &["/sku", "/name", "/price"]),
        (json!({"sku": "a b", "name": "N", "price": price}), &["/sku"]),
        (json!({"sku": "x".repeat(65), "name": "N", "price": price}), &["/sku"]),
        (json!({"sku": "S", "name": " ", "price": price}), &["/name"]),
        (json!({"sku": "S", "name": "N", "price": {"amount": -1, "currency": "USD"}}), &["/price/amount"]),
        (json!({"sku": "S", "name": "N", "price": {"amount": 1.5, "currency": "USD"}}), &["/price/amount"]),
        (
            json!({"sku": "S", "name": "N", "price": {"amount": 9_223_372_036_854_775_808_u64, "currency": "USD"}}),
            &["/price/amount"],
        ),
        (json!({"sku": "S", "name": "N", "price": {"amount": 1, "currency": "usd"}}), &["/price/currency"]),
        (json!({"sku": "S", "name": "N", "price": {"amount": 1, "currency": "XXQ"}}), &["/price/currency"]),
        (json!({"sku": "S", "name": "N", "price": 5}), &["/price"]),
        (
            json!({"sku": "S", "name": "N", "price": price, "categories": ["x".repeat(10_000)]}),
            &["/categories/0"],
        ),
        (
            json!({"sku": "S", "name": "N", "price": price, "attributes": {"colour": 1}}),
            &["/attributes/colour"],
        ),
        (json!({"sku": "S", "name": "N", "price": price, "colour": "red"}), &["/colour"]),
    ];
    for (body, pointers) in rows {
        let answer = add(&app, body).await;
        answer.problem(400, "validation_failed");
        assert_eq!(answer.pointers(), pointers, "{answer:?}");
    }
    assert_eq!(told(&app).await, []);
}
