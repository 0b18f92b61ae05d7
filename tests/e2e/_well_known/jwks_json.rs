//! `/.well-known/jwks.json`

use crate::sessions::{PASSWORD, log_in, look, register, tokens};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tradepost::inputs::{Clock, Inputs};
use tradepost_access_token::{KeySet, verify};
use tradepost_tests::{Application, Setup};

/// The machine's clock, which the test can put forward.
struct PutForward {
    start: Instant,
    seconds: AtomicU64,
}

impl PutForward {
    fn new() -> Arc<Self> {
        Arc::new(Self { start: Instant::now(), seconds: AtomicU64::new(0) })
    }

    fn advance(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    fn advanced(&self) -> Duration {
        Duration::from_secs(self.seconds.load(Ordering::SeqCst))
    }
}

impl Clock for PutForward {
    fn wall(&self) -> Duration {
        now() + self.advanced()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_hours(1) + self.start.elapsed() + self.advanced()
    }

    fn wait(&self, wait: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(wait))
    }
}

async fn key_set(app: &Application) -> Value {
    let answer = app.get("/.well-known/jwks.json").send().await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{answer:?}");
    answer.json()
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_published_keys_can_verify_a_token_and_sign_none() {
    let app = Application::start().await;
    assert_eq!(key_set(&app).await, json!({"keys": []}), "nobody has logged in yet");
    let ada = register(&app, "ada@example.com").await;
    let (token, _) = tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201);
    let published = key_set(&app).await;
    let keys = published["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 1);
    let mut members: Vec<&str> = keys[0].as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"], "no `d`, which is the secret");
    let keys = KeySet::parse(published.to_string().as_bytes()).unwrap();
    let claims = verify(&token, &keys, now().as_secs().cast_signed()).unwrap();
    assert_eq!((claims.user.to_string(), claims.scope.as_str()), (ada, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_without_anybody_noticing() {
    let clock = PutForward::new();
    let inputs = Inputs { clock: Some(clock.clone()), ..Inputs::default() };
    let app = Application::with(Setup { inputs, ..Setup::default() }).await;
    let ada = register(&app, "ada@example.com").await;
    let rotate = async || assert_eq!(app.send_to("identity-key-rotation", "r").await, Some(200));
    let count = async || key_set(&app).await["keys"].as_array().unwrap().len();
    let log_in = async || tokens(&log_in(&app, "ada@example.com", PASSWORD).await, 201).0;
    let kid = |token: &str| token.split('.').next().unwrap().to_owned();

    let first = log_in().await;
    rotate().await;
    assert_eq!(count().await, 1, "there is one");
    // A key signs for 30 days; its successor is published ten minutes before that is over.
    clock.advance(30 * 86_400 - 600);
    rotate().await;
    assert_eq!(count().await, 2);
    let second = log_in().await;
    assert_eq!(kid(&first), kid(&second), "nobody has seen the other one yet");
    clock.advance(600);
    let third = log_in().await;
    assert_ne!(kid(&second), kid(&third));
    for token in [&second, &third] {
        assert_eq!(look(&app, &ada, token).await.status, 200);
    }
    clock.advance(16 * 60);
    rotate().await;
    assert_eq!(count().await, 1, "all that the first one signed has expired");
    look(&app, &ada, &second).await.problem(401, "unauthenticated");
    assert_eq!(look(&app, &ada, &log_in().await).await.status, 200);
}
