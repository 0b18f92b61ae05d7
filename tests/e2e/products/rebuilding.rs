//! `/products/:product_id`: what it is read from can be thrown away and made again.

use super::{add, product};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tradepost_tests::Application;
use tradepost_tests::tick;

const VIEWS: &str = "catalog-product-views";

async fn edit(app: &Application, path: &str, body: Value) {
    let ask = app.ask("PATCH", path).as_admin().header("if-match", "*");
    ask.bytes("application/merge-patch+json", body.to_string()).send().await.data(200);
}

async fn archive(app: &Application, path: &str) {
    assert_eq!(app.ask("DELETE", path).as_admin().header("if-match", "*").send().await.status, 204);
}

/// What the projection has written, byte for byte.
fn projected(app: &Application) -> BTreeMap<String, Vec<u8>> {
    let views = app.views();
    let keys = views.keys().unwrap().map(Result::unwrap);
    let keys = keys.filter(|key| key.starts_with("product:") && !key.ends_with(":recent"));
    keys.map(|key| (key.clone(), views.get(&key).unwrap().unwrap())).collect()
}

/// Products that were edited, priced anew and archived, all of it delivered; the paths to them.
async fn history(app: &Application) -> Vec<String> {
    let mut paths = Vec::new();
    for n in 0..12 {
        let mut body = product(&format!("SKU-{n}"), n, "USD");
        body["attributes"] = json!({"b": "2", "a": "1", "é": "\u{2028}"});
        paths.push(add(app, body).await.header("location").to_owned());
    }
    for path in &paths[4..] {
        edit(app, path, json!({"name": "Another", "price": {"amount": 99}})).await;
    }
    for path in &paths[9..] {
        archive(app, path).await;
    }
    let lines: Vec<String> = (0..150)
        .map(|n| {
            product(&format!("LINE-{n}"), n, "EUR").to_string()
                + "
"
        })
        .collect();
    let lines = lines.concat();
    let imported = app.post("/products/import").as_admin().bytes("application/x-ndjson", lines).send().await;
    assert_eq!(imported.status, 200);
    tick(app).await;
    paths
}

#[tokio::test(flavor = "multi_thread")]
async fn views_that_are_thrown_away_come_back_byte_for_byte() {
    let app = Application::start().await;
    let paths = history(&app).await;
    let before = projected(&app);
    assert_eq!(before.len(), 162);
    let mut answers = Vec::new();
    for path in &paths {
        answers.push(app.get(path).send().await);
    }

    let views = app.views();
    for key in views.keys().unwrap().map(Result::unwrap).collect::<Vec<_>>() {
        views.delete(&key).await.unwrap();
    }
    app.get(&paths[0]).send().await.problem(404, "not_found");

    let types = ["created", "changed", "price-changed", "archived"]
        .map(|what| format!("tradepost.catalog.product-{what}.v1"));
    let replay = json!({"consumer": VIEWS, "types": types});
    app.post("/events/replays").as_admin().json(replay).send().await.data(202);
    tick(&app).await;

    assert_eq!(projected(&app), before);
    for (path, answer) in paths.iter().zip(answers) {
        let again = app.get(path).send().await;
        assert_eq!(again.status, answer.status);
        if again.status == 200 {
            assert_eq!((&again.body, again.header("etag")), (&answer.body, answer.header("etag")));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_shows_at_once_is_what_the_projection_brings() {
    let app = Application::start().await;
    history(&app).await;
    let views = app.views();
    let recent: Vec<String> =
        views.keys().unwrap().map(Result::unwrap).filter(|key| key.ends_with(":recent")).collect();
    assert_eq!(recent.len(), 12);
    for key in recent {
        let projected = key.trim_end_matches(":recent");
        assert_eq!(views.get(&key).unwrap(), views.get(projected).unwrap(), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_come_again_take_no_view_back() {
    let app = Application::start().await;
    let paths = history(&app).await;
    let before = projected(&app);
    let created = "tradepost.catalog.product-created.v1";
    let replay = json!({"consumer": VIEWS, "types": [created]});
    let replayed = app.post("/events/replays").as_admin().json(replay).send().await.data(202);
    assert_eq!(replayed["replayed"], 162);
    tick(&app).await;
    assert_eq!(projected(&app), before);
    app.get(&paths[11]).send().await.problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_cannot_be_read_is_set_aside_and_holds_only_its_own_product_up() {
    let app = Application::start().await;
    let path = add(&app, product("A", 1, "USD")).await.header("location").to_owned();
    let id = path.trim_start_matches("/products/");
    let example = |id: &str, event_type: &str, data: Value| {
        json!({
            "specversion": "1.0", "id": "01890a5d-ac96-774b-bcce-b302099a8057", "source": "/catalog",
            "type": format!("tradepost.catalog.{event_type}"), "subject": id, "time": "2026-11-22T12:00:00.000000Z",
            "partitionkey": id, "sequence": "00000000000000000001", "datacontenttype": "application/json",
            "data": data,
        })
    };
    let good = |id: &str| {
        let data = json!({
            "id": id, "sku": "S", "name": "N", "description": null, "price": {"amount": 1, "currency": "USD"},
            "categories": [], "attributes": {}, "active": true, "created_at": "2026-11-22T12:00:00.000000Z",
            "version": 9,
        });
        example(id, "product-created.v1", data)
    };
    let other = "product_01h455vb4pex5vsknk084sn02q";
    for bad in
        [example(other, "product-created.v1", json!({})), example(other, "product-renamed.v1", json!({}))]
    {
        let (_, outcomes) = app.deliver(VIEWS, &[bad, good(other), good(id)]).await;
        assert_eq!(outcomes, ["rejected", "held", "applied"]);
    }
    assert_eq!(app.get(&path).send().await.header("etag"), "\"9\"");
    app.get(&format!("/products/{other}")).send().await.problem(404, "not_found");
}
