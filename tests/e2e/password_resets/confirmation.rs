//! `/password-resets/confirmation`

use super::{ask, messages_soon};
use crate::users::register;
use futures::future::join_all;
use serde_json::json;
use tradepost_tests::{Answer, Application};

async fn confirm(app: &Application, token: &str, password: &str) -> Answer {
    app.post("/password-resets/confirmation").json(json!({"token": token, "password": password})).send().await
}

/// An application, and a token that Ann was sent.
async fn with_token() -> (Application, String) {
    let app = Application::start().await;
    register(&app, "Ann", "ann@example.com").await.data(201);
    ask(&app, "ann@example.com").await.data(202);
    let token = messages_soon(&app, 1).await[0].2["token"].as_str().unwrap().to_owned();
    (app, token)
}

const PASSWORD: &str = "a long enough password";

#[tokio::test(flavor = "multi_thread")]
async fn a_token_sets_a_password_once_and_ends_all_sessions() {
    let (app, token) = with_token().await;
    let client = app.database().connect().await;
    let session = "INSERT INTO identity.sessions (id, user_id, created_at, expires_at)
                   SELECT gen_random_uuid(), id, now(), now() + interval '1 day' FROM identity.users
                   RETURNING id::text";
    let session: String = client.query_one(session, &[]).await.unwrap().get(0);
    let confirmed = confirm(&app, &token, PASSWORD).await;
    assert_eq!((confirmed.status, confirmed.body.len()), (204, 0), "{confirmed:?}");
    assert!(app.views().exists(&format!("session:{session}:ended")).unwrap());
    let phc: String = client.query_one("SELECT phc FROM identity.credentials", &[]).await.unwrap().get(0);
    assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
    confirm(&app, &token, "another long password").await.problem(400, "validation_failed");
    let same: String = client.query_one("SELECT phc FROM identity.credentials", &[]).await.unwrap().get(0);
    assert_eq!(same, phc);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twins_with_one_token_one_sets_his_password() {
    let (app, token) = with_token().await;
    let answers = join_all((0..4).map(|n| {
        let (app, token) = (&app, &token);
        async move { confirm(app, token, &format!("long enough password {n}")).await }
    }))
    .await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.status == 400).count(), 3, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_old_forged_or_of_another_address_sets_nothing() {
    let (app, token) = with_token().await;
    let client = app.database().connect().await;
    confirm(&app, &token.replace(|c: char| c.is_ascii_lowercase(), "x"), PASSWORD)
        .await
        .problem(400, "validation_failed");
    confirm(&app, "", PASSWORD).await.problem(400, "validation_failed");
    let age = |by: &str| format!("UPDATE identity.one_time_tokens SET expires_at = now() + interval '{by}'");
    client.execute(&age("-1 second"), &[]).await.unwrap();
    confirm(&app, &token, PASSWORD).await.problem(400, "validation_failed");
    client.execute(&age("1 hour"), &[]).await.unwrap();
    let moved = "UPDATE identity.users SET email = 'b@example.com', email_key = 'b@example.com'";
    client.execute(moved, &[]).await.unwrap();
    confirm(&app, &token, PASSWORD).await.problem(400, "validation_failed");
    let set = "SELECT count(*) FROM identity.credentials";
    assert_eq!(client.query_one(set, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_everybody_tries_first_is_refused_and_the_token_stays_good() {
    let (app, token) = with_token().await;
    for password in ["7 chars", "password1", &"x".repeat(257)] {
        let refused = confirm(&app, &token, password).await;
        refused.problem(400, "validation_failed");
        assert_eq!(refused.pointers(), ["/password"]);
        assert!(!String::from_utf8_lossy(&refused.body).contains(password));
    }
    assert_eq!(confirm(&app, &token, PASSWORD).await.status, 204);
}
