//! How often one caller may call, over the loopback: exact within a stated bound, and mostly without a look at the store.

use futures::future::BoxFuture;
use futures::{StreamExt as _, stream};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tradepost::seam::{After, Before, HostCall, Outcome, Seam};
use tradepost_tests::credentials::{Issuer, some_user};
use tradepost_tests::{Answer, Application, Setup};

/// Counts the requests for which the gateway looks at the store, on a route whose endpoint has no business with it.
#[derive(Default)]
struct Looks(AtomicUsize);

impl Seam for Looks {
    fn before<'a>(&'a self, call: &'a HostCall) -> BoxFuture<'a, Before> {
        let is_look = call.interface == "spin:key-value/key-value" && call.function == "get";
        if is_look && &*call.component == "platform-health" {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
        Box::pin(async { Before::Proceed })
    }

    fn after<'a>(&'a self, _: &'a HostCall, _: Outcome, _: Duration) -> BoxFuture<'a, After> {
        Box::pin(async { After::Deliver })
    }
}

async fn limited(policies: &str) -> (Application, Arc<Looks>) {
    let looks = Arc::new(Looks::default());
    let variables = vec![("rate_limits".to_owned(), policies.to_owned())];
    let seam: Arc<dyn Seam> = looks.clone();
    let app = Application::with(Setup { variables, seam: Some(seam), ..Setup::default() }).await;
    (app, looks)
}

/// What `RateLimit` says is left.
fn remaining(answer: &Answer) -> u32 {
    let header = answer.header("ratelimit");
    header.split(";r=").nth(1).unwrap().split(';').next().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_say_how_much_is_left_and_refusals_when_to_come_back() {
    let (app, _) = limited("default:q=20;w=600").await;
    let mut last = 20;
    for _ in 0..20 {
        let answer = app.get("/health").send().await;
        answer.data(200);
        assert_eq!(answer.header("ratelimit-policy"), "\"default\";q=20;w=600");
        assert!(remaining(&answer) < last, "{answer:?}");
        last = remaining(&answer);
    }
    assert_eq!(last, 0);
    let refused = app.get("/health").send().await;
    refused.problem(429, "rate_limited");
    assert_eq!(remaining(&refused), 0);
    let seconds: u32 = refused.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds}");
    // Other routes draw on the same bucket, others' buckets are full, and the operator has none.
    app.get("/products").send().await.problem(429, "rate_limited");
    let issuer = Issuer::numbered(1);
    Issuer::publish(&[&issuer], &app.views()).await;
    let token = format!("Bearer {}", issuer.token(some_user(), ""));
    app.get("/health").header("authorization", token).send().await.data(200);
    let operator = app.get("/health").as_admin().send().await;
    operator.data(200);
    assert!(!operator.headers.contains_key("ratelimit"));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_are_no_limits_nothing_is_said_of_any() {
    let app = Application::start().await;
    let answer = app.get("/health").send().await;
    assert!(!answer.headers.contains_key("ratelimit") && !answer.headers.contains_key("ratelimit-policy"));
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_and_accounts_are_tried_less_often() {
    let (app, _) = limited("default:q=1000;w=60 registration:q=3;w=600").await;
    let register = |number: u32, path: &'static str| {
        app.post(path).json(json!({"name": "N", "email": format!("n{number}@example.com")})).send()
    };
    for number in 0..3 {
        register(number, "/users").await.data(201);
    }
    for path in ["/users", "/users/"] {
        let refused = register(4, path).await;
        refused.problem(429, "rate_limited");
        assert_eq!(refused.header("ratelimit-policy"), "\"registration\";q=3;w=600");
    }
    app.get("/health").send().await.data(200);
}

/// A thousand requests as fast as they go, sixteen at once: so many are served as the bucket holds and gets meanwhile, but
/// for what instances have taken at the same moment, each without seeing the others: a tenth of the quota each at most. The
/// slower the store is beside the rest, the nearer it gets to that.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_served_what_it_may_and_most_of_it_costs_no_look_at_the_store() {
    const QUOTA: u32 = 200;
    // As many as requests at once.
    const INSTANCES: u32 = 16;
    let (app, looks) = limited(&format!("default:q={QUOTA};w=600")).await;
    let start = Instant::now();
    let statuses: Vec<u16> = stream::iter(0..1_000)
        .map(|_| async { app.get("/health").send().await.status })
        .buffer_unordered(16)
        .collect()
        .await;
    let refilled = u32::try_from(start.elapsed().as_secs()).unwrap() * QUOTA / 600 + 1;
    let served = u32::try_from(statuses.iter().filter(|status| **status == 200).count()).unwrap();
    assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
    let looks = looks.0.load(Ordering::Relaxed);
    println!("{served} of 1000 served where {QUOTA} may be, {looks} of them with a look at the store");
    assert!(served <= QUOTA + refilled + INSTANCES * QUOTA / 10, "{served}");
    // All that was taken by the handful is spent while the flood lasts, but for the last of each instance.
    assert!(served + 4 * INSTANCES >= QUOTA, "{served}");
    assert!(looks < 500, "{looks} looks for 1,000 requests");
}
