//! How often somebody may try to log in.

use crate::sessions::{PASSWORD, log_in, register, tokens};
use futures::future::join_all;
use std::time::Instant;
use tradepost_tests::{Answer, Application};

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_wrong_passwords_at_once_exactly_ten_are_looked_at() {
    let app = Application::start().await;
    register(&app, "ada@example.com").await;
    for email in ["ada@example.com", "nobody@example.com"] {
        let since = Instant::now();
        let answers = join_all((0..64).map(|n| log_in(&app, email, ["wrong", "wronger"][n % 2]))).await;
        assert_eq!((count(&answers, 401), count(&answers, 429)), (10, 54), "{email}");
        for refused in answers.iter().filter(|answer| answer.status == 429) {
            refused.problem(429, "rate_limited");
            let seconds: u64 = refused.header("retry-after").parse().unwrap();
            // From when it was asked, by which those before it may be ahead.
            let most = 60 + since.elapsed().as_secs() + 1;
            assert!((1..=most).contains(&seconds), "{seconds}");
        }
    }
    log_in(&app, "ada@example.com", PASSWORD).await.problem(429, "rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_stranger_locks_the_owner_out() {
    let app = Application::start().await;
    register(&app, "ada@example.com").await;
    tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);
    // From everywhere else: what tries by others leave behind.
    let database = app.database().connect().await;
    for n in 0..40_i64 {
        let tried = "SELECT FROM identity.try_login('ada@example.com', $1, (extract(epoch FROM now()) * 1000000)::bigint)";
        database.execute(tried, &[&format!("198.51.100.{n}")]).await.unwrap();
    }
    tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);
    // Nobody knows her at this place.
    database.execute("DELETE FROM identity.known_addresses", &[]).await.unwrap();
    log_in(&app, "ada@example.com", PASSWORD).await.problem(429, "rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_password_may_come_as_often_as_he_likes() {
    let app = Application::start().await;
    register(&app, "ada@example.com").await;
    for _ in 0..12 {
        tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);
    }
}
