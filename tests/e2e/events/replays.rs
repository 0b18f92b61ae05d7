//! `/events/replays`

use crate::products::{add, product};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tradepost_tests::tick;
use tradepost_tests::{Answer, Application};

const CREATED: &str = "tradepost.catalog.product-created.v1";
const OPENINGS: &str = "inventory-stock-openings";

async fn replay(app: &Application, body: Value) -> Answer {
    app.post("/events/replays").as_admin().json(body).send().await
}

/// Takes from the inventory all that it knows, as a restored backup might.
async fn forget_the_stock(app: &Application) {
    let client = app.database().connect().await;
    client.batch_execute("TRUNCATE inventory.inbox, inventory.stock CASCADE").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_lost_its_state_gets_it_back() {
    let app = Application::start().await;
    for sku in ["BK-1", "BK-2", "BK-3"] {
        add(&app, product(sku, 1, "USD")).await.data(201);
    }
    tick(&app).await;
    forget_the_stock(&app).await;
    app.get("/stock/BK-1").as_admin().send().await.problem(404, "not_found");
    let replayed = replay(&app, json!({"consumer": OPENINGS, "types": [CREATED]})).await.data(202);
    assert_eq!(replayed, json!({"replayed": 3, "position": null}));
    // The relay has been kicked, and this waits for the kick under way.
    tick(&app).await;
    for sku in ["BK-1", "BK-2", "BK-3"] {
        app.get(&format!("/stock/{sku}")).as_admin().send().await.data(200);
    }
}

/// What the projection has written.
fn views(app: &Application) -> BTreeMap<String, Vec<u8>> {
    let store = app.views();
    let keys = store.keys().unwrap().map(Result::unwrap);
    let own = keys.filter(|key| key.starts_with("product:") && !key.ends_with(":recent"));
    own.map(|key| (key.clone(), store.get(&key).unwrap().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn views_that_were_wiped_are_rebuilt_byte_for_byte() {
    let app = Application::start().await;
    let mut paths = Vec::new();
    for sku in ["BK-1", "BK-2", "BK-3"] {
        paths.push(add(&app, product(sku, 1, "USD")).await.header("location").to_owned());
    }
    let edit = app.ask("PATCH", &paths[1]).as_admin().header("if-match", "*");
    let edited = edit.bytes("application/merge-patch+json", r#"{"name": "Another"}"#).send().await;
    assert_eq!(edited.status, 200);
    let archived = app.ask("DELETE", &paths[2]).as_admin().header("if-match", "*").send().await;
    assert_eq!(archived.status, 204);
    tick(&app).await;
    let before = views(&app);
    assert!(before.len() >= 2, "{before:?}");
    for key in before.keys() {
        app.views().delete(key).await.unwrap();
    }
    let types = ["created", "changed", "price-changed", "archived"];
    let types = types.map(|happened| format!("tradepost.catalog.product-{happened}.v1"));
    let body = json!({"consumer": "catalog-product-views", "types": types});
    assert_eq!(replay(&app, body).await.data(202), json!({"replayed": 5, "position": null}));
    tick(&app).await;
    assert_eq!(views(&app), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_happened_in_the_given_time_is_replayed() {
    let app = Application::start().await;
    let mut times = Vec::new();
    for sku in ["BK-1", "BK-2", "BK-3"] {
        times.push(add(&app, product(sku, 1, "USD")).await.data(201)["created_at"].clone());
    }
    tick(&app).await;
    for (from, to, expected) in [
        (Some(&times[1]), None, 2),
        (None, Some(&times[1]), 1),
        (Some(&times[1]), Some(&times[2]), 1),
        (Some(&json!("2100-01-01T00:00:00+02:00")), None, 0),
    ] {
        let body = json!({"consumer": OPENINGS, "types": [CREATED], "from": from, "to": to});
        assert_eq!(replay(&app, body).await.data(202)["replayed"], expected, "{from:?} {to:?}");
        tick(&app).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_consumer_has_applied_is_not_applied_again() {
    let app = Application::start().await;
    add(&app, product("BK-1", 1, "USD")).await.data(201);
    tick(&app).await;
    let adjustment = json!({"delta": 7, "reason": "counted"});
    app.post("/stock/BK-1/adjustments").as_admin().json(adjustment).send().await.data(201);
    replay(&app, json!({"consumer": OPENINGS, "types": [CREATED]})).await.data(202);
    tick(&app).await;
    assert_eq!(app.get("/stock/BK-1").as_admin().send().await.data(200)["on_hand"], 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_replayed_is_said_all_at_once() {
    let app = Application::start().await;
    let (from, to) = ("2026-11-22T12:00:00Z", "2026-11-22T11:00:00Z");
    for (body, pointers) in [
        (json!({}), vec!["/consumer", "/types"]),
        (json!({"consumer": "nobody", "types": ["x"]}), vec!["/consumer"]),
        (json!({"consumer": OPENINGS, "types": []}), vec!["/types"]),
        (json!({"consumer": OPENINGS, "types": [CREATED, "x", 1]}), vec!["/types/1", "/types/2"]),
        (json!({"consumer": OPENINGS, "types": [CREATED], "from": from, "to": to}), vec!["/to"]),
        (json!({"consumer": OPENINGS, "types": [CREATED], "from": "today", "to": 1}), vec!["/from", "/to"]),
        (
            json!({"consumer": OPENINGS, "types": [CREATED], "position": -1, "all": true}),
            vec!["/position", "/all"],
        ),
        (json!({"consumer": OPENINGS, "types": vec![CREATED; 101]}), vec!["/types"]),
    ] {
        let answer = replay(&app, body.clone()).await;
        answer.problem(400, "validation_failed");
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    app.post("/events/replays").json(json!({})).send().await.problem(401, "unauthenticated");
}
