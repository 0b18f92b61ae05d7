//! `/password-resets`

mod confirmation;

use crate::users::register;
use serde_json::{Value, json};
use std::time::Duration;
use tradepost_tests::{Answer, Application};

pub(crate) async fn ask(app: &Application, email: &str) -> Answer {
    app.post("/password-resets").json(json!({"email": email})).send().await
}

/// What waits to be sent, the newest last: template, recipient and parameters.
pub(crate) async fn messages(app: &Application) -> Vec<(String, String, Value)> {
    let query = "SELECT template, recipient, parameters::text FROM notification.messages ORDER BY created_at";
    let rows = app.database().connect().await.query(query, &[]).await.unwrap();
    let read = |text: String| serde_json::from_str(&text).unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), read(row.get(2)))).collect()
}

/// The same, once there are this many: what is sent after the answer takes a moment.
pub(crate) async fn messages_soon(app: &Application, count: usize) -> Vec<(String, String, Value)> {
    for _ in 0..200 {
        let messages = messages(app).await;
        if messages.len() >= count {
            return messages;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no message comes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_sent_to_whoever_has_the_address_and_the_answer_does_not_tell() {
    let app = Application::start().await;
    register(&app, "Ann", "Ann@example.com").await.data(201);
    let (known, unknown) = (ask(&app, "ann@EXAMPLE.com").await, ask(&app, "bob@example.com").await);
    assert_eq!((known.data(202), known.body.len()), (unknown.data(202), unknown.body.len()));
    let messages = messages_soon(&app, 1).await;
    let (template, recipient, parameters) = &messages[0];
    assert_eq!((template.as_str(), recipient.as_str()), ("password-reset", "Ann@example.com"));
    let token = parameters["token"].as_str().unwrap();
    assert_eq!((token.len(), &parameters["name"]), (43, &json!("Ann")));
    let client = app.database().connect().await;
    let kept = "SELECT count(*) FROM identity.one_time_tokens AS t WHERE t::text LIKE '%' || $1 || '%'";
    assert_eq!(client.query_one(kept, &[&token]).await.unwrap().get::<_, i64>(0), 0);
    let lifetime = "SELECT extract(epoch FROM expires_at - created_at)::bigint FROM identity.one_time_tokens";
    assert_eq!(client.query_one(lifetime, &[]).await.unwrap().get::<_, i64>(0), 30 * 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobodys_mailbox_is_filled_by_strangers() {
    let app = Application::start().await;
    register(&app, "Ann", "ann@example.com").await.data(201);
    for _ in 0..5 {
        ask(&app, "ann@example.com").await.data(202);
    }
    register(&app, "Bob", "bob@example.com").await.data(201);
    ask(&app, "bob@example.com").await.data(202);
    // Asked for last, so what was asked for before is through.
    for _ in 0..200 {
        if messages_soon(&app, 1).await.iter().any(|(_, recipient, _)| recipient == "bob@example.com") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(messages(&app).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_is_refused() {
    let app = Application::start().await;
    let answer = app.post("/password-resets").json(json!({"email": "x", "name": "y"})).send().await;
    answer.problem(400, "validation_failed");
    assert_eq!(answer.pointers(), ["/email", "/name"]);
}
