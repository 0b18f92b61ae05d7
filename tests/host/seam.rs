//! The seam: every host call can be watched, failed, robbed of its answer, or made the guest's last.

use crate::probe::{probes, text};
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tradepost::seam::{After, Before, HostCall, Outcome, Seam};
use tradepost_tests::Setup;

/// Does one thing at one function, and writes down all calls.
struct Hand {
    function: &'static str,
    before: Before,
    after: After,
    calls: Mutex<Vec<HostCall>>,
}

impl Hand {
    fn new(function: &'static str, before: Before, after: After) -> Arc<Self> {
        Arc::new(Self { function, before, after, calls: Mutex::default() })
    }
}

impl Seam for Hand {
    fn before<'a>(&'a self, call: &'a HostCall) -> BoxFuture<'a, Before> {
        self.calls.lock().unwrap().push(call.clone());
        let verdict = if call.function == self.function { self.before.clone() } else { Before::Proceed };
        Box::pin(async move { verdict })
    }

    fn after<'a>(&'a self, call: &'a HostCall, _: Outcome, _: Duration) -> BoxFuture<'a, After> {
        let verdict = if call.function == self.function { self.after.clone() } else { After::Deliver };
        Box::pin(async move { verdict })
    }
}

fn setup(hand: &Arc<Hand>) -> Setup {
    Setup { seam: Some(hand.clone()), ..Setup::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_seen_with_its_request_and_its_place_in_it() {
    let hand = Hand::new("", Before::Proceed, After::Deliver);
    let app = probes(setup(&hand)).await;
    app.get("/set?default=key=value").header("request-id", "mine").send().await;
    app.get("/query?SELECT%201").header("request-id", "yours").send().await;
    let calls = hand.calls.lock().unwrap();
    let seen: Vec<(&str, u32, &str, &str)> = calls
        .iter()
        .map(|call| (call.request_id.as_deref().unwrap_or("-"), call.ordinal, call.interface, call.function))
        .collect();
    assert_eq!(
        seen,
        [
            ("mine", 1, "spin:key-value/key-value", "open"),
            ("mine", 2, "spin:key-value/key-value", "set"),
            ("yours", 1, "spin:variables/variables", "get"),
            ("yours", 2, "spin:postgres/postgres", "open"),
            ("yours", 3, "spin:postgres/postgres", "query"),
        ]
    );
    assert!(calls.iter().all(|call| &*call.component == "probe"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_can_be_failed_before_it_has_an_effect() {
    let hand = Hand::new("set", Before::Fail("not today".to_owned()), After::Deliver);
    let app = probes(setup(&hand)).await;
    let answer = app.get("/set?default=key=value").send().await;
    assert!(text(&answer).contains("not today"), "{answer:?}");
    assert_eq!(text(&app.get("/get?default=key").send().await), "nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_can_be_lost_after_the_effect() {
    let hand = Hand::new("set", Before::Proceed, After::Lose("gone".to_owned()));
    let app = probes(setup(&hand)).await;
    let answer = app.get("/set?default=key=value").send().await;
    assert!(text(&answer).contains("gone"), "{answer:?}");
    assert_eq!(text(&app.get("/get?default=key").send().await), "value");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_can_be_killed_on_either_side_of_the_effect() {
    for (before, after, left) in
        [(Before::Kill, After::Deliver, "nothing"), (Before::Proceed, After::Kill, "value")]
    {
        let hand = Hand::new("set", before, after);
        let app = probes(setup(&hand)).await;
        app.get("/set?default=key=value").send().await.problem(500, "internal");
        assert_eq!(text(&app.get("/get?default=key").send().await), left);
    }
}
