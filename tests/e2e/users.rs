//! `/users`

mod listing;
mod user_id;

use futures::future::join_all;
use serde_json::{Value, json};
use tradepost_tests::tick;
use tradepost_tests::{Answer, Application};

/// Registers somebody.
pub(crate) async fn register(app: &Application, name: &str, email: &str) -> Answer {
    app.post("/users").json(json!({"name": name, "email": email})).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_registers() {
    let app = Application::start().await;
    let answer = register(&app, "First Customer", "first@example.com").await;
    let user = answer.data(201);
    assert_eq!((&user["name"], &user["email"]), (&json!("First Customer"), &json!("first@example.com")));
    let id = user["id"].as_str().unwrap();
    assert!(id.starts_with("user_") && id.len() == "user_".len() + 26, "{id}");
    assert!(user["created_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(
        (&user["scopes"], &user["verified_at"], &user["version"]),
        (&json!([]), &json!(null), &json!(1))
    );
    assert_eq!(answer.header("location"), format!("/users/{id}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_registration_is_said_all_at_once() {
    let app = Application::start().await;
    let rows: [(Value, &str, &[&str]); 9] = [
        (json!({"name": "  ", "email": "a@example.com"}), "Name is required", &["/name"]),
        (json!({"email": "a@example.com"}), "Name is required", &["/name"]),
        (json!({"name": "A", "email": "nobody"}), "Email looks invalid", &["/email"]),
        (json!({"name": "A", "email": "a b@example.com"}), "Email looks invalid", &["/email"]),
        (
            json!({"name": "", "email": "nobody"}),
            "Name is required; Email looks invalid",
            &["/name", "/email"],
        ),
        (json!({"name": 1, "email": ["a@example.com"]}), "", &["/name", "/email"]),
        (json!({"name": "A", "email": "a@example.com", "admin": true}), "", &["/admin"]),
        (json!({"name": "A".repeat(201), "email": "a@example.com"}), "", &["/name"]),
        (json!({"name": "A\u{0}B", "email": "a@example.com"}), "", &["/name"]),
    ];
    for (body, error, pointers) in rows {
        let answer = app.post("/users").json(body).send().await;
        let problem = answer.problem(400, "validation_failed");
        if !error.is_empty() {
            assert_eq!(problem["error"], error);
        }
        assert_eq!(answer.pointers(), pointers, "{answer:?}");
    }
    assert_eq!(users(&app).await, 0, "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_address_registers_once_whatever_its_letter_case() {
    let app = Application::start().await;
    register(&app, "First", "first@example.com").await.data(201);
    for email in ["first@example.com", "First@Example.COM", " first@example.com "] {
        register(&app, "Second", email).await.problem(409, "email_taken");
    }
    assert_eq!(users(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_registrations_of_one_address_at_once_exactly_one_succeeds() {
    let app = Application::start().await;
    let answers = join_all((0..32).map(|n| {
        let email = if n % 2 == 0 { "twin@example.com" } else { "TWIN@example.com" };
        register(&app, "Twin", email)
    }))
    .await;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(created, 1);
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.problem(409, "email_taken");
    }
    assert_eq!(users(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_addresses_of_the_whole_world_are_kept_as_written() {
    let app = Application::start().await;
    let user = register(&app, "Zoë Ångström 李", "zoë@bücher.example").await.data(201);
    assert_eq!((&user["name"], &user["email"]), (&json!("Zoë Ångström 李"), &json!("zoë@bücher.example")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_is_repeated_under_its_key_is_the_same_one() {
    let app = Application::start().await;
    let ask = |name: &str| {
        let body = json!({"name": name, "email": "first@example.com"});
        app.post("/users").idempotency_key("k").json(body).send()
    };
    let (first, second) = (ask("First").await, ask("First").await);
    assert_eq!(second.data(201), first.data(201));
    assert_eq!(second.header("location"), first.header("location"));
    assert_eq!(second.header("etag"), first.header("etag"));
    assert_eq!(second.header("idempotent-replayed"), "true");
    ask("Another").await.problem(422, "idempotency_key_reused");
    // A refusal uses up no key.
    let taken = |email: &str| {
        let body = json!({"name": "First", "email": email});
        app.post("/users").idempotency_key("l").json(body).send()
    };
    taken("first@example.com").await.problem(409, "email_taken");
    taken("other@example.com").await.data(201);
    assert_eq!(users(&app).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_registrations_under_one_key_at_once_all_get_one_answer() {
    let app = Application::start().await;
    let body = json!({"name": "Twin", "email": "twin@example.com"});
    let answers =
        join_all((0..32).map(|_| app.post("/users").idempotency_key("k").json(body.clone()).send())).await;
    let user = answers[0].data(201);
    assert!(answers.iter().all(|answer| answer.data(201) == user));
    let first = answers.iter().filter(|answer| !answer.headers.contains_key("idempotent-replayed"));
    assert_eq!((first.count(), users(&app).await), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn others_hear_of_a_registration_and_not_who_it_is() {
    let app = Application::start().await;
    let user = register(&app, "Unmistakable", "unmistakable@example.com").await.data(201);
    tick(&app).await;
    let events = app.get("/events?type=tradepost.identity.user-registered.v1").as_admin().send().await;
    let events = events.data(200)["items"].clone();
    assert_eq!(events.as_array().unwrap().len(), 1);
    assert_eq!((&events[0]["subject"], &events[0]["sequence"]), (&user["id"], &json!(1)));
    assert_eq!(events[0]["data"]["id"], user["id"]);
    assert!(!events.to_string().to_lowercase().contains("unmistakable"), "{events}");
}

/// How many users there are.
async fn users(app: &Application) -> i64 {
    app.database().connect().await.query_one("SELECT count(*) FROM identity.users", &[]).await.unwrap().get(0)
}
