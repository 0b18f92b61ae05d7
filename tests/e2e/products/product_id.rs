//! `/products/:product_id`

use super::{add, product};
use serde_json::json;
use tradepost_tests::Application;

#[tokio::test(flavor = "multi_thread")]
async fn anyone_reads_a_product_with_all_that_was_said_of_it() {
    let app = Application::start().await;
    let mut body = product("BK-1", 26196, "USD");
    body["description"] = json!("Oak, five shelves");
    body["categories"] = json!(["furniture", "home"]);
    body["attributes"] = json!({"colour": "oak", "height": "180 cm"});
    let added = add(&app, body.clone()).await.data(201);
    let read = app.get(&format!("/products/{}", added["id"].as_str().unwrap())).send().await.data(200);
    assert_eq!(read, added);
    for member in ["sku", "name", "price", "description", "categories", "attributes"] {
        assert_eq!(read[member], body[member], "{member}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_product_and_a_malformed_id_look_the_same() {
    let app = Application::start().await;
    for id in ["product_01h455vb4pex5vsknk084sn02q", "x", "user_01h455vb4pex5vsknk084sn02q"] {
        app.get(&format!("/products/{id}")).send().await.problem(404, "not_found");
    }
}
