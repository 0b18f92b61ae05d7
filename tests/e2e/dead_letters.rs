//! `/dead-letters`

mod letter_id;

use crate::events::{next, publish};
use serde_json::{Value, json};
use tradepost_tests::Application;
use tradepost_tests::tick;

pub(crate) const CREATED: &str = "tradepost.catalog.product-created.v1";
pub(crate) const OPENINGS: &str = "inventory-stock-openings";
const VIEWS: &str = "catalog-product-views";

/// Publishes an event that no consumer of its type can read, for a product of its own; the product's id.
pub(crate) async fn publish_nonsense(app: &Application, product: &str) {
    publish(app, "catalog", CREATED, product, 1, &json!({"sku": 7})).await;
}

/// The letters of a page, newest first.
pub(crate) async fn letters(app: &Application, query: &str) -> Vec<Value> {
    let data = app.get(&format!("/dead-letters{query}")).as_admin().send().await.data(200);
    data["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_a_consumer_cannot_read_is_set_aside_with_what_comes_after_it() {
    let app = Application::start().await;
    assert!(letters(&app, "").await.is_empty());
    publish_nonsense(&app, "product_1").await;
    publish(&app, "catalog", CREATED, "product_1", 2, &json!({"sku": 8})).await;
    tick(&app).await;
    let of_views = letters(&app, &format!("?consumer={VIEWS}")).await;
    let [letter] = of_views.as_slice() else { panic!("{of_views:?}") };
    assert!(letter["id"].as_str().unwrap().starts_with("letter_"), "{letter}");
    assert_eq!(letter["consumer"], VIEWS);
    assert_eq!((&letter["attempts"], &letter["waiting"]), (&json!(1), &json!(1)), "{letter}");
    assert!(!letter["error"].as_str().unwrap().is_empty(), "{letter}");
    assert!(letter["set_aside_at"].as_str().unwrap().ends_with('Z'), "{letter}");
    let event = &letter["event"];
    assert_eq!((&event["type"], &event["subject"]), (&json!(CREATED), &json!("product_1")));
    assert_eq!((&event["sequence"], &event["data"]), (&json!(1), &json!({"sku": 7})));
    let log = app.get("/events").as_admin().send().await.data(200);
    assert_eq!(log["items"][0], *event, "the log shows it alike");
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_are_listed_newest_first_page_by_page() {
    let app = Application::start().await;
    for product in ["product_1", "product_2", "product_3"] {
        publish_nonsense(&app, product).await;
        tick(&app).await;
    }
    let (mut path, mut seen) = (Some(format!("/dead-letters?limit=2&consumer={OPENINGS}")), Vec::new());
    while let Some(page) = path {
        let answer = app.get(&page).as_admin().send().await;
        let data = answer.data(200);
        path = next(&answer);
        assert_eq!(data["has_more"], path.is_some());
        seen.extend(data["items"].as_array().unwrap().clone());
    }
    let subjects: Vec<&Value> = seen.iter().map(|letter| &letter["event"]["subject"]).collect();
    assert_eq!(subjects, ["product_3", "product_2", "product_1"]);
    assert_eq!(letters(&app, "").await.len(), 6, "each of the two consumers has its own");
    assert!(letters(&app, "?consumer=nobody").await.is_empty());
    let before = format!("?consumer={OPENINGS}&ending_before={}", seen[2]["id"].as_str().unwrap());
    assert_eq!(letters(&app, &before).await, seen[..2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_staff_alone_asks_and_asks_properly() {
    let app = Application::start().await;
    app.get("/dead-letters").send().await.problem(401, "unauthenticated");
    let answer = app.get("/dead-letters?limit=101&starting_after=event_1&consumer=").as_admin().send().await;
    answer.problem(400, "malformed_request");
    assert_eq!(answer.pointers(), ["/limit", "/starting_after", "/consumer"]);
}
