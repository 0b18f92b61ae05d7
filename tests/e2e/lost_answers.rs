//! What becomes of somebody whose answers get lost on their way.

use crate::dead_letters::{CREATED, OPENINGS, letters, publish_nonsense};
use crate::password_resets::{ask, messages_soon};
use crate::products::{add, product};
use futures::future::join_all;
use serde_json::{Value, json};
use tradepost_tests::{Answer, Application, tick};

const PASSWORD: &str = "a horse that is correct";

async fn with_a_user() -> Application {
    let app = Application::start().await;
    let body = json!({"name": "Ada", "email": "ada@example.com", "password": PASSWORD});
    app.post("/users").json(body).send().await.data(201);
    app
}

async fn log_in(app: &Application, email: &str, password: &str) -> Answer {
    app.post("/sessions").json(json!({"email": email, "password": password})).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_lost_the_answer_to_a_refresh_gets_it_again_under_its_key_and_ends_his_session_without() {
    let app = with_a_user().await;
    let refresh = async |token: &Value, key: Option<&str>| {
        let ask = app.post("/sessions/refresh").json(json!({"refresh_token": token}));
        let ask = if let Some(key) = key { ask.idempotency_key(key) } else { ask };
        ask.send().await
    };
    for key in [Some("a-key"), None] {
        let first = log_in(&app, "ada@example.com", PASSWORD).await.data(201)["refresh_token"].clone();
        let answer = refresh(&first, key).await;
        assert!(!answer.headers.contains_key("idempotent-replayed"), "{answer:?}");
        let second = answer.data(200)["refresh_token"].clone();
        let again = refresh(&first, key).await;
        if key.is_some() {
            assert_eq!((again.status, &again.body), (200, &answer.body));
            assert_eq!(again.header("idempotent-replayed"), "true");
            let third = refresh(&second, key).await.data(200)["refresh_token"].clone();
            assert!(third != second && third != first);
            refresh(&first, key).await.problem(401, "unauthenticated");
            refresh(&third, key).await.problem(401, "unauthenticated");
        } else {
            again.problem(401, "unauthenticated");
            refresh(&second, key).await.problem(401, "unauthenticated");
        }
    }
    let first = log_in(&app, "ada@example.com", PASSWORD).await.data(201)["refresh_token"].clone();
    refresh(&first, Some("a-key")).await.data(200);
    refresh(&first, Some("another-key")).await.problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_lost_the_answer_to_a_log_in_gets_it_again_under_its_key() {
    let app = with_a_user().await;
    let body = json!({"name": "Bob", "email": "bob@example.com", "password": PASSWORD});
    app.post("/users").json(body).send().await.data(201);
    let log_in = async |email: &str, password: &str, key: &str| {
        let ask = app.post("/sessions").idempotency_key(key);
        ask.json(json!({"email": email, "password": password})).send().await
    };
    let sessions = async || {
        let count = "SELECT count(*) FROM identity.sessions";
        app.database().connect().await.query_one(count, &[]).await.unwrap().get::<_, i64>(0)
    };
    let first = log_in("ada@example.com", PASSWORD, "a-key").await;
    first.data(201);
    assert!(!first.headers.contains_key("idempotent-replayed"), "{first:?}");
    // In another spelling it is the same account.
    for email in ["ada@example.com", "Ada@Example.com"] {
        let again = log_in(email, PASSWORD, "a-key").await;
        assert_eq!((again.status, &again.body), (201, &first.body));
        assert_eq!(again.header("idempotent-replayed"), "true");
    }
    assert_eq!(sessions().await, 1);
    log_in("ada@example.com", "a horse that is wrong", "a-key").await.problem(401, "unauthenticated");
    log_in("ada@example.com", PASSWORD, "no good").await.problem(400, "idempotency_key_malformed");

    // Another key, and another account under the same key, are other sessions.
    for (email, key) in [("ada@example.com", "another-key"), ("bob@example.com", "a-key")] {
        let other = log_in(email, PASSWORD, key).await.data(201);
        assert_ne!(other["refresh_token"], first.data(201)["refresh_token"]);
    }
    assert_eq!(sessions().await, 3);

    // After a day the key is like new.
    let age = "UPDATE identity.sessions SET created_at = created_at - interval '1 day'";
    app.database().connect().await.execute(age, &[]).await.unwrap();
    for replayed in [false, true] {
        let anew = log_in("ada@example.com", PASSWORD, "a-key").await;
        assert_ne!(anew.data(201)["refresh_token"], first.data(201)["refresh_token"]);
        assert_eq!(anew.headers.contains_key("idempotent-replayed"), replayed);
    }
    assert_eq!(sessions().await, 4);
}

/// Sends the same request under one key twice at once and once more: all are told the same, and all but one that it was so
/// before.
async fn told_alike(app: &Application, path: &str, key: &str, body: Option<&Value>) -> Answer {
    let send = async || {
        let ask = app.post(path).as_admin().idempotency_key(key);
        if let Some(body) = body { ask.json(body.clone()).send().await } else { ask.send().await }
    };
    let mut answers = join_all([send(), send()]).await;
    answers.push(send().await);
    let before = |answer: &Answer| answer.headers.contains_key("idempotent-replayed");
    assert_eq!(answers.iter().filter(|answer| before(answer)).count(), 2, "{answers:?}");
    for answer in &answers[1..] {
        assert_eq!((answer.status, &answer.body), (answers[0].status, &answers[0].body), "{answers:?}");
    }
    answers.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_repeats_his_registration_with_another_password_is_told_that_it_is_another_one() {
    let app = Application::start().await;
    let body = |password: Option<&str>| {
        let mut body = json!({"name": "Ada", "email": "ada@example.com"});
        if let Some(password) = password {
            body["password"] = json!(password);
        }
        body
    };
    assert_eq!(told_alike(&app, "/users", "a-key", Some(&body(Some(PASSWORD)))).await.status, 201);
    for other in [Some("another horse that is correct"), None] {
        let other = app.post("/users").as_admin().idempotency_key("a-key").json(body(other)).send().await;
        other.problem(422, "idempotency_key_reused");
    }
    log_in(&app, "ada@example.com", PASSWORD).await.data(201);
    let kept = "SELECT string_agg(to_jsonb(kept)::text, '') FROM identity.idempotency_keys AS kept";
    let kept: String = app.database().connect().await.query_one(kept, &[]).await.unwrap().get(0);
    assert!(!kept.contains("horse") && !kept.contains("argon2id"), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_lost_the_answer_to_a_reset_of_his_password_is_told_that_it_is_done() {
    let app = with_a_user().await;
    ask(&app, "ada@example.com").await.data(202);
    let token = messages_soon(&app, 1).await[0].2["token"].clone();
    let path = "/password-resets/confirmation";
    let another = "another horse that is correct";
    let body = |password: &str| json!({"token": token, "password": password});
    assert_eq!(told_alike(&app, path, "a-key", Some(&body(another))).await.status, 204);
    // Whether it was this password only its hash tells, and that is what is kept.
    let other = app.post(path).as_admin().idempotency_key("a-key").json(body(PASSWORD)).send().await;
    other.problem(422, "idempotency_key_reused");
    for key in ["another-key", "a-key"] {
        let ask = app.post(path).idempotency_key(key).json(body(another));
        ask.send().await.problem(400, "validation_failed");
    }
    log_in(&app, "ada@example.com", another).await.data(201);
    let kept = "SELECT string_agg(to_jsonb(kept)::text, '') FROM identity.idempotency_keys AS kept";
    let kept: String = app.database().connect().await.query_one(kept, &[]).await.unwrap().get(0);
    assert!(!kept.contains(another) && !kept.contains(token.as_str().unwrap()), "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_lost_the_answer_to_a_verification_is_told_that_it_is_done() {
    let app = with_a_user().await;
    let users = app.get("/users?email=ada@example.com").as_admin().send().await.data(200);
    let path = format!("/users/{}/verification", users["items"][0]["id"].as_str().unwrap());
    app.post(&path).as_admin().send().await.data(202);
    let token = messages_soon(&app, 1).await[0].2["token"].clone();
    let path = "/verifications/confirmation";
    assert_eq!(told_alike(&app, path, "a-key", Some(&json!({"token": token}))).await.status, 204);
    let other = app.post(path).idempotency_key("another-key").json(json!({"token": token})).send().await;
    other.problem(400, "validation_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_lost_the_answer_to_a_replay_does_not_have_it_made_again() {
    let app = Application::start().await;
    add(&app, product("BK-1", 1, "USD")).await.data(201);
    tick(&app).await;
    let body = json!({"consumer": OPENINGS, "types": [CREATED]});
    let replayed = told_alike(&app, "/events/replays", "a-key", Some(&body)).await.data(202);
    assert_eq!(replayed, json!({"replayed": 1, "position": null}));
    let other = json!({"consumer": OPENINGS, "types": [CREATED], "position": 1});
    let other = app.post("/events/replays").as_admin().idempotency_key("a-key").json(other).send().await;
    other.problem(422, "idempotency_key_reused");

    publish_nonsense(&app, "product_1").await;
    tick(&app).await;
    let letter = letters(&app, &format!("?consumer={OPENINGS}")).await.remove(0);
    let path = format!("/dead-letters/{}/replay", letter["id"].as_str().unwrap());
    assert_eq!(told_alike(&app, &path, "a-key", None).await.data(202), json!({"id": letter["id"]}));
    let other = app.post(&path).as_admin().idempotency_key("another-key").send().await;
    other.problem(404, "not_found");
}
