//! `/products`

mod product_id;

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

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_adds_a_product() {
    let app = Application::start().await;
    let body = json!({"sku": "BK-1", "name": "Bookcase", "price": {"amount": 26196, "currency": "USD"}});
    let answer = add(&app, body).await;
    let product = answer.data(201);
    let id = product["id"].as_str().unwrap();
    assert!(id.starts_with("product_"), "{id}");
    assert_eq!(answer.header("location"), format!("/products/{id}"));
    assert_eq!((&product["sku"], &product["name"]), (&json!("BK-1"), &json!("Bookcase")));
    assert_eq!(product["price"], json!({"amount": 26196, "currency": "USD"}));
    assert_eq!(product["active"], true);
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
async fn what_is_wrong_with_a_product_is_said_all_at_once() {
    let app = Application::start().await;
    let price = json!({"amount": 1, "currency": "USD"});
    let rows: [(Value, &[&str]); 12] = [
        (json!({}), &["/sku", "/name", "/price"]),
        (json!({"sku": "a b", "name": "N", "price": price}), &["/sku"]),
        (json!({"sku": "x".repeat(65), "name": "N", "price": price}), &["/sku"]),
        (json!({"sku": "S", "name": " ", "price": price}), &["/name"]),
        (json!({"sku": "S", "name": "N", "price": {"amount": -1, "currency": "USD"}}), &["/price/amount"]),
        (json!({"sku": "S", "name": "N", "price": {"amount": 1.5, "currency": "USD"}}), &["/price/amount"]),
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
}
