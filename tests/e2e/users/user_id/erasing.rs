//! `DELETE /users/:user_id`

use super::{BOB, id, patch, register, with_ann};
use serde_json::json;
use tradepost_tests::tick;

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_user_is_gone_and_nothing_tells_who_it_was() {
    let (app, ann, path) = with_ann().await;
    let edit = patch(&app, &path, &json!({"name": "Unmistakable"})).as_admin().idempotency_key("k");
    edit.header("if-match", "*").send().await.data(200);
    let erased = app.ask("DELETE", &path).as_customer(id(&ann)).send().await;
    assert_eq!((erased.status, erased.body.len()), (204, 0), "{erased:?}");
    for ask in [
        app.get(&path),
        app.ask("DELETE", &path),
        patch(&app, &path, &json!({"name": "X"})).header("if-match", "*"),
    ] {
        ask.as_admin().send().await.problem(404, "not_found");
    }
    assert_eq!(app.get("/users").as_admin().send().await.data(200)["items"], json!([]));
    tick(&app).await;
    let events = app.get("/events").as_admin().send().await.data(200);
    assert_eq!(events["items"].as_array().unwrap().len(), 3);
    assert_eq!(events["items"][2]["type"], "tradepost.identity.user-erased.v1", "{events}");
    assert_eq!(events["items"][2]["data"], json!({"id": ann["id"], "version": 3}));
    let client = app.database().connect().await;
    for table in ["identity.users", "identity.idempotency_keys", "messaging.events", "notification.messages"]
    {
        let telling =
            format!("SELECT count(*) FROM {table} AS t WHERE t::text ~* 'unmistakable|ann@example'");
        assert_eq!(client.query_one(&telling, &[]).await.unwrap().get::<_, i64>(0), 0, "{table}");
    }
    // The row is there for what refers to it.
    let left = client.query_one("SELECT version FROM identity.users", &[]).await.unwrap();
    assert_eq!(left.get::<_, i64>(0), 3);
    let heir = register(&app, "Ann", "ann@example.com").await.data(201);
    assert_ne!(heir["id"], ann["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_erases_a_user_is_himself_or_may_write_users() {
    let (app, _, path) = with_ann().await;
    let ask = |caller: &str| app.ask("DELETE", &path).as_customer(caller).send();
    app.ask("DELETE", &path).send().await.problem(401, "unauthenticated");
    ask(BOB).await.problem(404, "not_found");
    ask(&format!("{BOB} orders:write")).await.problem(404, "not_found");
    ask(&format!("{BOB} users:read")).await.problem(403, "forbidden");
    let stale = app.ask("DELETE", &path).as_admin().header("if-match", "\"9\"").send().await;
    stale.problem(412, "precondition_failed");
    assert_eq!(app.get(&path).as_admin().send().await.status, 200);
    assert_eq!(ask(&format!("{BOB} users:write")).await.status, 204);
}
