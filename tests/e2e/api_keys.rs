//! `/api-keys`

mod key_id;

use crate::users::register;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tradepost_tests::tick;
use tradepost_tests::{Answer, Application, Ask, Compiled, Setup};

/// An application whose gateway believes whoever says who he is.
async fn application() -> Application {
    Application::with(Setup { compiled: Some(Compiled::with_customers()), ..Setup::default() }).await
}

fn make(app: &Application, name: &str, scopes: &[&str]) -> Ask {
    app.post("/api-keys").json(json!({"name": name, "scopes": scopes}))
}

/// What the gateway finds of this key, and whether it is `revoked`.
fn view(app: &Application, key: &Value) -> Option<Value> {
    let digest = Sha256::digest(key.as_str().unwrap());
    let digest: String = hex::encode(digest);
    let entry = app.views().get(&format!("api-key:{digest}")).unwrap()?;
    let mut entry: Value = serde_json::from_slice(&entry).unwrap();
    entry["revoked"] = app.views().exists(&format!("api-key:{digest}:revoked")).unwrap().into();
    Some(entry)
}

fn names(answer: &Answer) -> String {
    let page = answer.data(200);
    let items = page["items"].as_array().unwrap();
    items.iter().map(|key| key["name"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_and_kept_nowhere() {
    let app = application().await;
    let answer =
        make(&app, "Till", &["orders:read", "stock:read"]).as_admin().idempotency_key("k").send().await;
    let made = answer.data(201);
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("tp_") && key.len() == 46, "{key}");
    assert_eq!(answer.header("location"), format!("/api-keys/{}", made["id"].as_str().unwrap()));
    assert_eq!((&made["name"], &made["created_by"]), (&json!("Till"), &json!("admin")));
    // What came first; scopes have an order of their own.
    assert_eq!(made["scopes"].as_array().unwrap().len(), 2);
    let entry = view(&app, &made["key"]).expect("it is good at once");
    assert_eq!((&entry["id"], &entry["revoked"]), (&made["id"], &json!(false)));

    let listed = app.get("/api-keys").as_admin().send().await.data(200);
    assert_eq!(listed["items"][0]["id"], made["id"]);
    assert!(listed["items"][0].get("key").is_none(), "{listed}");
    tick(&app).await;
    let client = app.database().connect().await;
    for table in ["identity.api_keys", "identity.idempotency_keys", "messaging.events", "messaging.mailboxes"]
    {
        let telling = format!("SELECT count(*) FROM {table} AS t WHERE t::text LIKE '%' || $1 || '%'");
        let bare = key.trim_start_matches("tp_").to_owned();
        assert_eq!(client.query_one(&telling, &[&bare]).await.unwrap().get::<_, i64>(0), 0, "{table}");
    }
    // Only whoever asked for it gets it again.
    let again =
        make(&app, "Till", &["orders:read", "stock:read"]).as_admin().idempotency_key("k").send().await;
    assert_eq!((again.status, &again.body), (201, &answer.body));
    assert_eq!(again.header("idempotent-replayed"), "true");
    make(&app, "Other", &[])
        .as_admin()
        .idempotency_key("k")
        .send()
        .await
        .problem(422, "idempotency_key_reused");
    assert_eq!(names(&app.get("/api-keys").as_admin().send().await), "Till");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_shows_the_key_to_the_same_credential_alone() {
    let app = application().await;
    let ann = register(&app, "Ann", "ann@example.com").await.data(201);
    let id = ann["id"].as_str().unwrap();
    let give = app.ask("PATCH", &format!("/users/{id}")).as_admin().header("if-match", "*");
    let scopes = r#"{"scopes": ["keys:write", "stock:read"]}"#;
    give.bytes("application/merge-patch+json", scopes).send().await.data(200);
    // Her token, and the one that she gets when that has expired.
    let (one, other) = (format!("{id} keys:write stock:read"), format!("{id} stock:read keys:write"));
    let ask = |credential: &str| {
        make(&app, "\"key\":\"x\"", &["stock:read"]).idempotency_key("k").as_customer(credential).send()
    };
    let made = ask(&one).await;
    made.data(201);
    assert_eq!(ask(&one).await.body, made.body);
    let again = ask(&other).await;
    assert_eq!((&again.data(201)["id"], &again.data(201)["key"]), (&made.data(201)["id"], &json!(null)));
    assert_eq!(again.header("idempotent-replayed"), "true");
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_make_keys_that_may_no_more_than_they() {
    let app = application().await;
    let ann = register(&app, "Ann", "ann@example.com").await.data(201);
    let id = ann["id"].as_str().unwrap();
    let give = app.ask("PATCH", &format!("/users/{id}")).as_admin().header("if-match", "*");
    let scopes = r#"{"scopes": ["keys:write", "orders:read"]}"#;
    give.bytes("application/merge-patch+json", scopes).send().await.data(200);
    let staff = format!("{id} keys:write orders:read");
    let ask = |scopes: &[&str], caller: &str| make(&app, "K", scopes).as_customer(caller).send();

    let made = ask(&["orders:read"], &staff).await.data(201);
    assert_eq!(made["created_by"], ann["id"]);
    ask(&["operations"], &staff).await.problem(403, "forbidden");
    ask(&[], id).await.problem(403, "forbidden");
    ask(&[], "key_01h455vb4pex5vsknk084sn02q keys:write").await.problem(403, "forbidden");
    // A token that says more than the user has by now.
    ask(&["stock:read"], &format!("{id} keys:write stock:read")).await.problem(403, "forbidden");
    app.post("/api-keys").json(json!({})).send().await.problem(401, "unauthenticated");

    // What is taken from her is taken from her keys.
    let take = app.ask("PATCH", &format!("/users/{id}")).as_admin().header("if-match", "*");
    take.bytes("application/merge-patch+json", r#"{"scopes": []}"#).send().await.data(200);
    tick(&app).await;
    assert_eq!(view(&app, &made["key"]).unwrap()["revoked"], true);
    assert_eq!(names(&app.get("/api-keys").as_admin().send().await), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_keys_end_with_him() {
    let app = application().await;
    let ann = register(&app, "Ann", "ann@example.com").await.data(201);
    let id = ann["id"].as_str().unwrap();
    let give = app.ask("PATCH", &format!("/users/{id}")).as_admin().header("if-match", "*");
    give.bytes("application/merge-patch+json", r#"{"scopes": ["keys:write"]}"#).send().await.data(200);
    let made = make(&app, "K", &[]).as_customer(&format!("{id} keys:write")).send().await.data(201);
    assert_eq!(app.ask("DELETE", &format!("/users/{id}")).as_admin().send().await.status, 204);
    tick(&app).await;
    assert_eq!(view(&app, &made["key"]).unwrap()["revoked"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_walked_and_tells_when_a_key_was_last_used() {
    let app = application().await;
    for name in ["A", "B", "C"] {
        make(&app, name, &[]).as_admin().send().await.data(201);
    }
    let first = app.get("/api-keys?limit=2").as_admin().send().await;
    assert_eq!(names(&first), "C B");
    let link = first.header("link").split_once('<').unwrap().1.split_once('>').unwrap().0.to_owned();
    assert_eq!(names(&app.get(&link).as_admin().send().await), "A");
    let used = first.data(200)["items"][0]["id"].as_str().unwrap().to_owned();
    app.views().set(&format!("api-key-use:{used}"), b"1795348800000000".to_vec()).await.unwrap();
    let listed = app.get("/api-keys").as_admin().send().await.data(200);
    assert_eq!(listed["items"][0]["last_used_at"], "2026-11-22T12:00:00.000000Z");
    assert_eq!(listed["items"][1]["last_used_at"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_new_key_is_said_all_at_once() {
    let app = application().await;
    let body = json!({"name": "", "scopes": ["orders:read", "all"], "owner": "me"});
    let answer = app.post("/api-keys").as_admin().json(body).send().await;
    answer.problem(400, "validation_failed");
    assert_eq!(answer.pointers(), ["/name", "/scopes/1", "/owner"]);
}
