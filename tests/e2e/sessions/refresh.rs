//! `/sessions/refresh`

use crate::sessions::{PASSWORD, log_in, look, register, tokens};
use futures::future::join_all;
use serde_json::json;
use std::time::Duration;
use tradepost_tests::{Answer, Application};

async fn refresh(app: &Application, token: &str) -> Answer {
    app.post("/sessions/refresh").json(json!({"refresh_token": token})).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_by_one_refresh_token_after_the_other() {
    let app = Application::start().await;
    let ada = register(&app, "ada@example.com").await;
    let (first, mut refresh_token) = tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);
    for _ in 0..3 {
        let (token, next) = tokens(&refresh(&app, &refresh_token).await, 200);
        assert_ne!(refresh_token, next);
        assert_eq!(look(&app, &ada, &token).await.data(200)["id"], ada);
        refresh_token = next;
    }
    assert_eq!(look(&app, &ada, &first).await.status, 200, "it is good until it expires");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_comes_twice_ends_the_session_at_once_and_is_told() {
    let app = Application::start().await;
    let ada = register(&app, "ada@example.com").await;
    let (first, stolen) = tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);
    let (second, next) = tokens(&refresh(&app, &stolen).await, 200);
    refresh(&app, &stolen).await.problem(401, "unauthenticated");
    for token in [&first, &second] {
        look(&app, &ada, token).await.problem(401, "unauthenticated");
    }
    refresh(&app, &next).await.problem(401, "unauthenticated");

    // By a kick alone: nobody ticks here.
    let told = "SELECT FROM messaging.events WHERE type = 'tradepost.identity.sessions-ended.v1'";
    let database = app.database().connect().await;
    for left in (0..500).rev() {
        if !database.query(told, &[]).await.unwrap().is_empty() {
            break;
        }
        assert!(left > 0, "nobody was told");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_refresh_token_that_comes_many_times_at_once_nothing_good_is_left() {
    let app = Application::start().await;
    register(&app, "ada@example.com").await;
    let (_, refresh_token) = tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);
    let answers = join_all((0..8).map(|_| refresh(&app, &refresh_token))).await;
    let mut exchanged = answers.iter().filter(|answer| answer.status == 200);
    let (_, next) = tokens(exchanged.next().unwrap(), 200);
    assert!(exchanged.next().is_none(), "one exchange at most");
    refresh(&app, &next).await.problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_refresh_token_is_refused_like_one_that_has_expired() {
    let app = Application::start().await;
    register(&app, "ada@example.com").await;
    let (token, refresh_token) = tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);
    for text in
        [&token, "", "tr_", &refresh_token.to_uppercase(), &format!("{refresh_token} "), "' OR true --"]
    {
        let answer = refresh(&app, &text.chars().take(256).collect::<String>()).await;
        answer.problem(401, "unauthenticated");
    }
    let answer = app.post("/sessions/refresh").json(json!({"refresh_token": 1, "x": 1})).send().await;
    answer.problem(400, "validation_failed");
    assert_eq!(answer.pointers(), ["/refresh_token", "/x"]);
    let expire = "UPDATE identity.sessions SET expires_at = now()";
    app.database().connect().await.execute(expire, &[]).await.unwrap();
    refresh(&app, &refresh_token).await.problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_may_do_is_asked_anew_at_each_refresh() {
    let app = Application::start().await;
    let ada = register(&app, "ada@example.com").await;
    let (token, refresh_token) = tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);
    let users = async |token: &str| {
        app.get("/users").header("authorization", format!("Bearer {token}")).send().await.status
    };
    assert_eq!(users(&token).await, 403);
    let edit = app.ask("PATCH", &format!("/users/{ada}")).as_admin().header("if-match", "*");
    let edit = edit.bytes("application/merge-patch+json", r#"{"scopes": ["users:read"]}"#).send().await;
    assert_eq!(edit.status, 200, "{edit:?}");
    assert_eq!(users(&token).await, 403, "until it is refreshed");
    let (token, _) = tokens(&refresh(&app, &refresh_token).await, 200);
    assert_eq!(users(&token).await, 200);
}
