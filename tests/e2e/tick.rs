//! `/tick`

use crate::events::publish;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tradepost::seam::{After, Before, HostCall, Outcome, Seam};
use tradepost_tests::{Application, Setup, tick};

/// Who is nudged, in this order.
const COMPONENTS: [&str; 7] = [
    "identity-key-rotation",
    "identity-session-expiry",
    "inventory-reservation-expiry",
    "ordering-deadlines",
    "payment-reconciliation",
    "platform-idempotency-expiry",
    "messaging-relay",
];

#[tokio::test(flavor = "multi_thread")]
async fn everybody_with_something_to_do_is_nudged() {
    let app = Application::start().await;
    let nudged = app.post("/tick").as_admin().send().await.data(200);
    let done: Vec<Value> =
        COMPONENTS.iter().map(|component| json!({"component": component, "error": null})).collect();
    assert_eq!(nudged, Value::Array(done));
}

/// More than one statement expires at once.
#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_reserved_and_overdue_is_released() {
    let app = Application::start().await;
    let client = app.database().connect().await;
    client.execute("INSERT INTO inventory.stock (sku, on_hand) VALUES ('S', 1000)", &[]).await.unwrap();
    let reserve = "
        SELECT inventory.reserve_stock(ARRAY[gen_random_uuid()], ARRAY['order_' || gen_random_uuid()],
                                       ARRAY[gen_random_uuid()], ARRAY[$1::bigint], '{NULL}', '{1}', '{S}', '{1}',
                                       ARRAY[gen_random_uuid()], 0)
        FROM generate_series(1, $2)";
    // In the year 9999.
    let never = 253_402_000_000_000_000_i64;
    client.execute(reserve, &[&0_i64, &250_i32]).await.unwrap();
    client.execute(reserve, &[&never, &1_i32]).await.unwrap();
    app.post("/tick").as_admin().send().await.data(200);
    let reserved = "SELECT reserved FROM inventory.stock";
    assert_eq!(client.query_one(reserved, &[]).await.unwrap().get::<_, i64>(0), 1);
    let told =
        "SELECT count(*) FROM messaging.events WHERE type = 'tradepost.inventory.reservation-expired.v1'";
    tick(&app).await;
    assert_eq!(client.query_one(told, &[]).await.unwrap().get::<_, i64>(0), 250);
}

/// In every context, and more than one statement sweeps at once.
#[tokio::test(flavor = "multi_thread")]
async fn kept_answers_that_have_expired_are_thrown_away() {
    const CONTEXTS: [&str; 5] = ["catalog", "identity", "inventory", "ordering", "payment"];
    let app = Application::start().await;
    let client = app.database().connect().await;
    for context in CONTEXTS {
        let keep = format!(
            "INSERT INTO {context}.idempotency_keys
                 (principal, method, path, key, fingerprint, status, body, expires_at)
             SELECT 'p', 'POST', '/', 'k' || n, sha256('x'), 200, '', now() + (n - 2500) * interval '1 minute'
             FROM generate_series(1, 2600) AS n"
        );
        client.execute(&keep, &[]).await.unwrap();
    }
    app.post("/tick").as_admin().send().await.data(200);
    for context in CONTEXTS {
        let left = format!("SELECT count(*), min(expires_at) > now() FROM {context}.idempotency_keys");
        let row = client.query_one(&left, &[]).await.unwrap();
        assert_eq!((row.get::<_, i64>(0), row.get::<_, bool>(1)), (100, true), "{context}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_whose_kick_never_came_is_brought() {
    let app = Application::start().await;
    publish(&app, "ordering", "a", "s1", 1, &json!({})).await;
    assert_eq!(logged(&app).await, 0);
    app.post("/tick").as_admin().send().await.data(200);
    assert_eq!(logged(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_fails_is_named_and_the_others_are_nudged_all_the_same() {
    let url = "postgres://somebody:a-password@127.0.0.1:1/nowhere".to_owned();
    let app = Application::with(Setup { database_url: Some(url), ..Setup::default() }).await;
    let answer = app.post("/tick").as_admin().send().await;
    let nudged = answer.data(200);
    for nudged in nudged.as_array().unwrap() {
        let error = nudged["error"].as_str().unwrap();
        assert!(error.contains("503") && error.contains("no connection"), "{nudged}");
    }
    assert_eq!(nudged.as_array().unwrap().len(), COMPONENTS.len());
    assert!(!String::from_utf8_lossy(&answer.body).contains("a-password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_operator_ticks() {
    let app = Application::start().await;
    app.post("/tick").send().await.problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_ticks_by_itself() {
    let app = Application::with(Setup { tick: Some(Duration::from_millis(20)), ..Setup::default() }).await;
    publish(&app, "ordering", "a", "s1", 1, &json!({})).await;
    for _ in 0..500 {
        if logged(&app).await == 1 {
            return app.stop().await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody ticked");
}

/// Counts the ticks, and those that began while another was at its work, which is slow.
#[derive(Default)]
struct Watch {
    ticks: AtomicUsize,
    overlapping: AtomicUsize,
    at_work: AtomicUsize,
}

impl Seam for Watch {
    fn before<'a>(&'a self, call: &'a HostCall) -> BoxFuture<'a, Before> {
        Box::pin(async move {
            if &*call.component == "platform-tick" {
                self.ticks.fetch_add(1, Ordering::SeqCst);
                self.overlapping.fetch_add(self.at_work.load(Ordering::SeqCst).min(1), Ordering::SeqCst);
            } else {
                self.at_work.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Before::Proceed
        })
    }

    fn after<'a>(&'a self, call: &'a HostCall, _: Outcome, _: Duration) -> BoxFuture<'a, After> {
        if &*call.component != "platform-tick" {
            self.at_work.fetch_sub(1, Ordering::SeqCst);
        }
        Box::pin(std::future::ready(After::Deliver))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_begins_no_tick_before_the_last_has_ended_and_none_after_it_was_stopped() {
    let watch = Arc::new(Watch::default());
    let ticks = || watch.ticks.load(Ordering::SeqCst);
    let seam: Arc<dyn Seam> = watch.clone();
    let tick = Some(Duration::from_millis(1));
    let app = Application::with(Setup { tick, seam: Some(seam), ..Setup::default() }).await;
    while ticks() < 10 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    app.stop().await;
    let at_the_end = ticks();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(ticks(), at_the_end);
    assert_eq!(watch.overlapping.load(Ordering::SeqCst), 0);
    assert_eq!(watch.at_work.load(Ordering::SeqCst), 0, "the last one was finished");
}

async fn logged(app: &Application) -> usize {
    let log: Value = app.get("/events").as_admin().send().await.data(200);
    log["items"].as_array().unwrap().len()
}
