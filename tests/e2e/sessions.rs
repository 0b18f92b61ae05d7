//! `/sessions`

mod refresh;
mod throttle;
mod timing;

use serde_json::{Value, json};
use tradepost_tests::{Answer, Application};

pub(crate) const PASSWORD: &str = "correct horse battery";

/// Registers somebody with a password; his id.
pub(crate) async fn register(app: &Application, email: &str) -> String {
    let body = json!({"name": "Ada", "email": email, "password": PASSWORD});
    let user = app.post("/users").json(body).send().await.data(201);
    assert!(user.get("password").is_none() && user.get("phc").is_none(), "{user}");
    user["id"].as_str().unwrap().to_owned()
}

pub(crate) async fn log_in(app: &Application, email: &str, password: &str) -> Answer {
    app.post("/sessions").json(json!({"email": email, "password": password})).send().await
}

/// What an answer with tokens says, after checking that it is one: the access token and the refresh token.
pub(crate) fn tokens(answer: &Answer, status: u16) -> (String, String) {
    let data = answer.data(status);
    let text = |name: &str| data[name].as_str().unwrap().to_owned();
    assert_eq!((text("token_type"), &data["expires_in"]), ("Bearer".to_owned(), &json!(900)));
    assert_eq!(data.as_object().unwrap().len(), 4, "{data}");
    assert_eq!(answer.header("cache-control"), "no-store", "RFC 6749, section 5.1");
    (text("access_token"), text("refresh_token"))
}

/// What a user gets to see of himself with this token.
pub(crate) async fn look(app: &Application, user: &str, token: &str) -> Answer {
    app.get(&format!("/users/{user}")).header("authorization", format!("Bearer {token}")).send().await
}

async fn log_out(app: &Application, token: &str) -> Answer {
    app.ask("DELETE", "/sessions").header("authorization", format!("Bearer {token}")).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_registered_with_a_password_logs_in_with_it_and_out_again() {
    let app = Application::start().await;
    let ada = register(&app, "ada@example.com").await;
    let answer = log_in(&app, "Ada@Example.com", PASSWORD).await;
    let (token, _) = tokens(&answer, 201);
    assert_eq!(look(&app, &ada, &token).await.data(200)["id"], ada);
    let (other, _) = tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);

    assert_eq!(log_out(&app, &token).await.status, 204);
    look(&app, &ada, &token).await.problem(401, "unauthenticated");
    log_out(&app, &token).await.problem(401, "unauthenticated");
    assert_eq!(look(&app, &ada, &other).await.status, 200, "another session is another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_nobody_elses() {
    let app = Application::start().await;
    let (ada, bob) = (register(&app, "ada@example.com").await, register(&app, "bob@example.com").await);
    let (token, refresh_token) = tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);
    assert_eq!(look(&app, &ada, &token).await.status, 200);
    look(&app, &bob, &token).await.problem(404, "not_found");
    look(&app, &ada, &refresh_token).await.problem(401, "unauthenticated");
    app.get("/users")
        .header("authorization", format!("Bearer {token}"))
        .send()
        .await
        .problem(403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_account_that_is_not_there_look_alike() {
    let app = Application::start().await;
    register(&app, "ada@example.com").await;
    let body = json!({"name": "Bob", "email": "bob@example.com"});
    app.post("/users").json(body).send().await.data(201);
    let shape = |answer: &Answer| {
        let mut problem = answer.problem(401, "unauthenticated");
        problem["request_id"] = Value::Null;
        let mut headers: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        headers.sort_unstable();
        (problem, headers)
    };
    let wrong = shape(&log_in(&app, "ada@example.com", "incorrect horse").await);
    for (email, password) in [
        ("nobody@example.com", PASSWORD),
        ("bob@example.com", PASSWORD),
        ("ada@example.com", "x"),
        ("ada@example.com", ""),
        ("ada@example.com", "Correct horse battery"),
        ("ada@example.com", "correct horse battery "),
    ] {
        assert_eq!(shape(&log_in(&app, email, password).await), wrong, "{email} {password:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_log_in_is_said_all_at_once_and_no_password_is_repeated() {
    let app = Application::start().await;
    let rows: [(Value, &[&str]); 4] = [
        (json!({}), &["/email", "/password"]),
        (json!({"email": "nope", "password": 1, "otp": "1"}), &["/email", "/password", "/otp"]),
        (json!({"email": "a@example.com", "password": "hunter2".repeat(40)}), &["/password"]),
        (json!([]), &[""]),
    ];
    for (body, pointers) in rows {
        let answer = app.post("/sessions").json(body).send().await;
        answer.problem(400, "validation_failed");
        assert_eq!(answer.pointers(), pointers, "{answer:?}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("hunter2"), "{answer:?}");
    }
    let body = json!({"name": "A", "email": "a@example.com", "password": "Password1"});
    let answer = app.post("/users").json(body).send().await;
    answer.problem(400, "validation_failed");
    assert_eq!(answer.pointers(), ["/password"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_session_can_be_logged_out_of() {
    let app = Application::start().await;
    app.ask("DELETE", "/sessions").send().await.problem(401, "unauthenticated");
    app.ask("DELETE", "/sessions").as_admin().send().await.problem(403, "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_and_tokens_are_kept_hashed_and_told_to_nobody() {
    let app = Application::start().await;
    let ada = register(&app, "ada@example.com").await;
    let (token, refresh_token) = tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);
    log_out(&app, &token).await;
    let database = app.database().connect().await;
    let everything = "
        SELECT string_agg(line, E'\n') FROM (
            SELECT credentials::text AS line FROM identity.credentials UNION ALL SELECT sessions::text FROM identity.sessions
            UNION ALL SELECT refresh_tokens::text FROM identity.refresh_tokens
            UNION ALL SELECT users::text FROM identity.users UNION ALL SELECT outbox::text FROM messaging.outbox
            UNION ALL SELECT events::text FROM messaging.events
            UNION ALL SELECT keys::text FROM identity.idempotency_keys AS keys
            UNION ALL SELECT throttle::text FROM identity.login_throttle AS throttle) AS lines";
    let everything: String = database.query_one(everything, &[]).await.unwrap().get(0);
    assert!(everything.contains("$argon2id$v=19$m=19456,t=2,p=1$"), "{everything}");
    let signature = token.rsplit_once('.').unwrap().1;
    for secret in [PASSWORD, refresh_token.as_str(), signature] {
        assert!(!everything.contains(secret), "{secret} is in the database");
    }
    assert!(!ada.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_erased_is_logged_out_and_cannot_log_in() {
    let app = Application::start().await;
    let ada = register(&app, "ada@example.com").await;
    let (_, refresh_token) = tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);
    app.ask("DELETE", &format!("/users/{ada}")).as_admin().send().await;
    let body = json!({"refresh_token": refresh_token});
    app.post("/sessions/refresh").json(body).send().await.problem(401, "unauthenticated");
    log_in(&app, "ada@example.com", PASSWORD).await.problem(401, "unauthenticated");
}
