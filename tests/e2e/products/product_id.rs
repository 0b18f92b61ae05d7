//! `/products/:product_id`

use super::{add, product, told};
use crate::products::product as product_body;
use serde_json::{Value, json};
use tradepost_tests::{Answer, Application};

/// A product, and the path to it.
async fn tea(app: &Application) -> (Value, String) {
    let mut body = product_body("TEA-1", 1999, "USD");
    body["description"] = json!("Green.");
    body["attributes"] = json!({"origin": "Uji", "colour": "green"});
    let product = add(app, body).await.data(201);
    let path = format!("/products/{}", product["id"].as_str().unwrap());
    (product, path)
}

/// Edits as the operator, based on the version.
async fn patch(app: &Application, path: &str, version: &str, body: Value) -> Answer {
    let ask = app.ask("PATCH", path).as_admin().header("if-match", version);
    ask.bytes("application/merge-patch+json", body.to_string()).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn anyone_reads_a_product_with_all_that_was_said_of_it() {
    let app = Application::start().await;
    let mut body = product("BK-1", 26196, "USD");
    body["description"] = json!("Oak, five shelves");
    body["categories"] = json!(["furniture", "home"]);
    body["attributes"] = json!({"colour": "oak", "height": "180 cm"});
    let added = add(&app, body.clone()).await.data(201);
    let answer = app.get(&format!("/products/{}", added["id"].as_str().unwrap())).send().await;
    let read = answer.data(200);
    assert_eq!(read, added);
    assert_eq!(answer.header("etag"), "\"1\"");
    for member in ["sku", "name", "price", "description", "categories", "attributes"] {
        assert_eq!(read[member], body[member], "{member}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_an_archived_and_a_malformed_id_look_the_same() {
    let app = Application::start().await;
    let (_, path) = tea(&app).await;
    let gone = app.ask("DELETE", &path).as_admin().header("if-match", "*").send().await;
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    let mut problems = Vec::new();
    for path in [
        path.as_str(),
        "/products/product_01h455vb4pex5vsknk084sn02q",
        "/products/x",
        "/products/user_01h455vb4pex5vsknk084sn02q",
    ] {
        for ask in [
            app.get(path),
            app.ask("DELETE", path).as_admin().header("if-match", "*"),
            app.ask("PATCH", path).as_admin().bytes("application/merge-patch+json", "{}"),
        ] {
            let mut problem = ask.send().await.problem(404, "not_found");
            for member in ["instance", "request_id"] {
                problem[member] = json!(null);
            }
            problems.push(problem);
        }
    }
    assert!(problems.iter().all(|problem| *problem == problems[0]), "{problems:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_changes_what_it_names_and_is_read_at_once() {
    let app = Application::start().await;
    let (tea, path) = tea(&app).await;
    let edit =
        json!({"name": "Green tea", "description": null, "attributes": {"colour": null, "grade": "A"}});
    let answer = patch(&app, &path, "\"1\"", edit).await;
    let edited = answer.data(200);
    assert_eq!(answer.header("etag"), "\"2\"");
    assert_eq!((&edited["name"], &edited["description"]), (&json!("Green tea"), &Value::Null));
    assert_eq!(edited["attributes"], json!({"origin": "Uji", "grade": "A"}));
    assert_eq!((&edited["price"], &edited["created_at"]), (&tea["price"], &tea["created_at"]));
    let read = app.get(&path).send().await;
    assert_eq!((read.data(200), read.header("etag")), (edited, "\"2\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_and_something_else_are_two_events_and_nothing_is_none() {
    let app = Application::start().await;
    let (_, path) = tea(&app).await;
    let answer = patch(&app, &path, "\"1\"", json!({"price": {"amount": 1799}, "active": false})).await;
    assert_eq!(answer.data(200)["price"], json!({"amount": 1799, "currency": "USD"}));
    assert_eq!(answer.header("etag"), "\"3\"");
    let nothing = patch(&app, &path, "\"3\"", json!({"active": false})).await;
    assert_eq!((nothing.status, nothing.header("etag")), (200, "\"3\""));
    let told = told(&app).await;
    let expected = [("product-created", 1), ("product-changed", 2), ("product-price-changed", 3)];
    assert_eq!(told, expected.map(|(name, sequence)| (name.to_owned(), sequence)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_says_what_it_is_based_on() {
    let app = Application::start().await;
    let (_, path) = tea(&app).await;
    let edit = || json!({"name": "Green tea"});
    let without = app.ask("PATCH", &path).as_admin();
    without
        .bytes("application/merge-patch+json", edit().to_string())
        .send()
        .await
        .problem(428, "precondition_required");
    for stale in ["\"2\"", "\"0\"", "W/\"1\"", "\"x\"", "\"2\", \"3\""] {
        patch(&app, &path, stale, edit()).await.problem(412, "precondition_failed");
    }
    for malformed in ["1", "\"1", ""] {
        patch(&app, &path, malformed, edit()).await.problem(400, "malformed_request");
    }
    patch(&app, &path, "\"9\", \"1\"", edit()).await.data(200);
    patch(&app, &path, "\"1\"", edit()).await.problem(412, "precondition_failed");
    patch(&app, &path, "*", json!({"name": "Black tea"})).await.data(200);

    let delete = |version: Option<&str>| {
        let ask = app.ask("DELETE", &path).as_admin();
        match version {
            Some(version) => ask.header("if-match", version),
            None => ask,
        }
        .send()
    };
    delete(None).await.problem(428, "precondition_required");
    delete(Some("\"1\"")).await.problem(412, "precondition_failed");
    assert_eq!(delete(Some("\"3\"")).await.status, 204);
    assert_eq!(told(&app).await.last().unwrap(), &("product-archived".to_owned(), 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_edits_of_one_version_one_is_made_and_of_edits_of_whatever_is_there_all_are() {
    let app = Application::start().await;
    let (_, path) = tea(&app).await;
    let rivals = (0..6).map(|n| patch(&app, &path, "\"1\"", json!({"name": format!("Name {n}")})));
    let answers = futures::future::join_all(rivals).await;
    let made = answers.iter().filter(|answer| answer.status == 200).count();
    let stale = answers.iter().filter(|answer| answer.status == 412).count();
    assert_eq!((made, stale), (1, 5), "{answers:?}");
    let all = (0..4).map(|n| patch(&app, &path, "*", json!({"attributes": {n.to_string(): "x"}})));
    for answer in futures::future::join_all(all).await {
        answer.data(200);
    }
    assert_eq!(app.get(&path).send().await.data(200)["attributes"].as_object().unwrap().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_edit_is_answered_as_the_first_and_made_once() {
    let app = Application::start().await;
    let (_, path) = tea(&app).await;
    let edit = |key: &str, name: &str| {
        app.ask("PATCH", &path)
            .as_admin()
            .header("if-match", "\"1\"")
            .idempotency_key(key)
            .bytes("application/merge-patch+json", json!({"name": name}).to_string())
            .send()
    };
    let first = edit("one", "Green tea").await;
    first.data(200);
    let again = edit("one", "Green tea").await;
    assert_eq!((again.status, &again.body, again.header("etag")), (200, &first.body, "\"2\""));
    assert_eq!(again.header("idempotent-replayed"), "true");
    edit("two", "Green tea").await.problem(412, "precondition_failed");
    assert_eq!(told(&app).await.len(), 2);
    // The key is the product's: another product's edit under it is another request.
    let other = add(&app, product("TEA-2", 1, "USD")).await;
    let path = other.header("location").to_owned();
    let ask = app.ask("PATCH", &path).as_admin().header("if-match", "\"1\"").idempotency_key("one");
    ask.bytes("application/merge-patch+json", r#"{"name": "Black tea"}"#).send().await.data(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_edit_is_said_all_at_once() {
    let app = Application::start().await;
    let (_, path) = tea(&app).await;
    let rows: [(Value, &[&str]); 6] = [
        (
            json!({"sku": "X", "name": null, "price": null, "colour": null}),
            &["/sku", "/name", "/price", "/colour"],
        ),
        (json!({"attributes": {"a": 1, "b": ["c"]}}), &["/attributes/a", "/attributes/b"]),
        (json!({"categories": ["x".repeat(10_000)]}), &["/categories/0"]),
        (json!({"price": {"amount": 9_223_372_036_854_775_808_u64}}), &["/price/amount"]),
        (json!([]), &[""]),
        (json!(null), &[""]),
    ];
    for (edit, pointers) in rows {
        let answer = patch(&app, &path, "\"1\"", edit).await;
        answer.problem(400, "validation_failed");
        assert_eq!(answer.pointers(), pointers, "{answer:?}");
    }
    let ask = || app.ask("PATCH", &path).as_admin().header("if-match", "\"1\"");
    ask().json(json!({})).send().await.problem(415, "unsupported_media_type");
    ask().bytes("application/merge-patch+json", "{").send().await.problem(400, "malformed_json");
    let anonymous = app.ask("PATCH", &path).header("if-match", "*");
    anonymous.bytes("application/merge-patch+json", "{}").send().await.problem(401, "unauthenticated");
    app.ask("DELETE", &path).header("if-match", "*").send().await.problem(401, "unauthenticated");
    assert_eq!(told(&app).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archived_products_sku_stays_taken_and_cannot_be_ordered() {
    let app = Application::start().await;
    let (_, path) = tea(&app).await;
    assert_eq!(app.ask("DELETE", &path).as_admin().header("if-match", "*").send().await.status, 204);
    add(&app, product("TEA-1", 1, "USD")).await.problem(409, "sku_taken");
    let order = json!({"lines": [{"sku": "TEA-1", "quantity": 1}]});
    app.post("/orders").idempotency_key("k").json(order).send().await.problem(422, "unknown_sku");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_keeps_the_price_it_was_placed_at() {
    let app = Application::start().await;
    let (_, path) = tea(&app).await;
    let order = |key: &str| {
        let order = json!({"lines": [{"sku": "TEA-1", "quantity": 2}]});
        app.post("/orders").idempotency_key(key).json(order).send()
    };
    let before = order("one").await;
    patch(&app, &path, "\"1\"", json!({"price": {"amount": 5}})).await.data(200);
    assert_eq!(order("two").await.data(201)["total"]["amount"], 10);
    let kept = app.get(before.header("location")).as_admin().send().await.data(200);
    assert_eq!(kept["total"]["amount"], 3998);
}
