//! `/verifications/confirmation`

use crate::password_resets::{ask, messages, messages_soon};
use crate::users::register;
use serde_json::{Value, json};
use tradepost_tests::tick;
use tradepost_tests::{Answer, Application};

async fn confirm(app: &Application, token: &Value) -> Answer {
    app.post("/verifications/confirmation").json(json!({"token": token})).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_got_the_token_has_shown_that_mail_reaches_him() {
    let app = Application::start().await;
    let ann = register(&app, "Ann", "ann@example.com").await.data(201);
    let path = format!("/users/{}", ann["id"].as_str().unwrap());
    app.post(&format!("{path}/verification")).as_admin().send().await.data(202);
    let token = messages(&app).await[0].2["token"].clone();
    let confirmed = confirm(&app, &token).await;
    assert_eq!((confirmed.status, confirmed.body.len()), (204, 0), "{confirmed:?}");
    let verified = app.get(&path).as_admin().send().await.data(200);
    assert!(verified["verified_at"].is_string() && verified["version"] == 2, "{verified}");
    confirm(&app, &token).await.problem(400, "validation_failed");
    tick(&app).await;
    let told = app.get("/events?type=tradepost.identity.user-changed.v1").as_admin().send().await.data(200);
    assert_eq!(told["items"][0]["data"]["changed"], json!(["verified"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_for_its_address_and_its_purpose() {
    let app = Application::start().await;
    let ann = register(&app, "Ann", "ann@example.com").await.data(201);
    let path = format!("/users/{}", ann["id"].as_str().unwrap());
    ask(&app, "ann@example.com").await.data(202);
    let reset = messages_soon(&app, 1).await[0].2["token"].clone();
    confirm(&app, &reset).await.problem(400, "validation_failed");
    app.post(&format!("{path}/verification")).as_admin().send().await.data(202);
    let token = messages(&app).await[1].2["token"].clone();
    let edit = app.ask("PATCH", &path).as_admin().header("if-match", "*");
    let edit = edit.bytes("application/merge-patch+json", r#"{"email": "other@example.com"}"#);
    edit.send().await.data(200);
    confirm(&app, &token).await.problem(400, "validation_failed");
    assert!(app.get(&path).as_admin().send().await.data(200)["verified_at"].is_null());
    let malformed = app.post("/verifications/confirmation").json(json!({"token": 7, "x": 1})).send().await;
    malformed.problem(400, "validation_failed");
    assert_eq!(malformed.pointers(), ["/token", "/x"]);
}
