//! `/stock/:sku`

mod adjustments;

use crate::products::{add, product};
use serde_json::{Value, json};
use tradepost_tests::{Answer, Application, inventory_faults};

/// Changes the stock as the operator.
async fn adjust(app: &Application, sku: &str, body: Value) -> Answer {
    app.post(&format!("/stock/{sku}/adjustments")).as_admin().json(body).send().await
}

/// The stock of a SKU as the operator sees it.
async fn read(app: &Application, sku: &str) -> Answer {
    app.get(&format!("/stock/{sku}")).as_admin().send().await
}

/// An application with the bookcase on sale, of which there is nothing yet.
async fn with_bookcase() -> Application {
    let app = Application::start().await;
    add(&app, product("BK-1", 26196, "USD")).await.data(201);
    app
}

async fn the_books_balance(app: &Application) {
    let faults = inventory_faults(&app.database().connect().await).await;
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_of_a_moment_ago_is_in_stock_with_nothing_on_hand() {
    let app = Application::start().await;
    for number in 0..10 {
        let sku = format!("BK-{number}");
        add(&app, product(&sku, 26196, "USD")).await.data(201);
        let stock = read(&app, &sku).await.data(200);
        assert_eq!(stock, json!({"sku": sku, "on_hand": 0, "reserved": 0, "available": 0}));
    }
    the_books_balance(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_the_stock_changes_its_tag() {
    let app = with_bookcase().await;
    let mut tags = Vec::new();
    for delta in [1, 1, -1] {
        adjust(&app, "BK-1", json!({"delta": delta, "reason": "Counted"})).await.data(201);
        tags.push(read(&app, "BK-1").await.header("etag").to_owned());
    }
    tags.dedup();
    assert_eq!(tags.len(), 3, "{tags:?}");
    assert_eq!(read(&app, "BK-1").await.header("etag"), tags[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_sku_and_a_malformed_one_look_the_same() {
    let app = with_bookcase().await;
    for sku in ["BK-2", "bk-1", "BK%2D1x", "a%20b", "%00", "%C3%A9", "%FF", &"x".repeat(65), "..."] {
        let problem = read(&app, sku).await.problem(404, "not_found");
        assert_eq!(problem["error"], "SKU not found", "{sku}");
    }
    assert_eq!(read(&app, "BK%2D1").await.data(200)["sku"], "BK-1", "however it is spelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_operator_sees_stock() {
    let app = with_bookcase().await;
    app.get("/stock/BK-1").send().await.problem(401, "unauthenticated");
    app.get("/stock/nothing").send().await.problem(401, "unauthenticated");
}
