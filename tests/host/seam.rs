//! The seam: every host call can be watched, failed, robbed of its answer, or made the guest's last.

use crate::probe::{probes, text};
use futures::future::BoxFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;
use tradepost::limits::Limits;
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
        .map(|call| (call.request_id().unwrap_or("-"), call.ordinal, call.interface, call.function))
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
async fn what_a_request_leaves_running_is_still_its_own() {
    let hand = Hand::new("", Before::Proceed, After::Deliver);
    let app = probes(setup(&hand)).await;
    app.get("/set-afterwards?default=key=value").header("request-id", "mine").send().await;
    // Another request in between, which the same instance handles.
    app.get("/hello").header("request-id", "yours").send().await;
    while text(&app.get("/get?default=key").header("request-id", "look").send().await) == "nothing" {}
    let calls = hand.calls.lock().unwrap();
    let set = calls.iter().find(|call| call.function == "set").unwrap();
    assert_eq!((set.request_id(), set.ordinal), (Some("mine"), 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_a_whole_cascade_are_counted_together() {
    let hand = Hand::new("", Before::Proceed, After::Deliver);
    let app = probes(setup(&hand)).await;
    let chained = "http%3A%2F%2Fneighbour.spin.internal%2Fset%3Fdefault%3Dkey%3Dvalue";
    app.get(&format!("/fetch?{chained}")).header("request-id", "mine").send().await;
    let calls = hand.calls.lock().unwrap();
    let seen: Vec<(&str, u32, u32, &str, &str)> = calls
        .iter()
        .map(|call| {
            assert_eq!(call.cascade_id(), Some("mine"));
            (call.request_id().unwrap(), call.ordinal, call.cascade_ordinal, &*call.component, call.function)
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("mine", 1, 1, "probe", "send"),
            ("mine.1", 1, 2, "neighbour", "open"),
            ("mine.1", 2, 3, "neighbour", "set"),
        ]
    );
}

/// One call of each kind: the path that makes it, its function, what a success says.
const KINDS: [(&str, &str, &str); 4] = [
    ("/query?SELECT%201", "query", "1 rows"),
    ("/get?default=key", "get", "nothing"),
    ("/variable?greeting", "get", "hello you"),
    ("/fetch?http%3A%2F%2Fneighbour.spin.internal%2Fhello", "send", "200 hello"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_call_can_be_failed_robbed_of_its_answer_and_made_the_last() {
    let text_of_fault = || "not today".to_owned();
    for (path, function, success) in KINDS {
        let app = probes(setup(&Hand::new("", Before::Proceed, After::Deliver))).await;
        assert!(text(&app.get(path).send().await).contains(success), "{path}");
        for (before, after) in
            [(Before::Fail(text_of_fault()), After::Deliver), (Before::Proceed, After::Lose(text_of_fault()))]
        {
            let app = probes(setup(&Hand::new(function, before, after))).await;
            let answer = app.get(path).send().await;
            assert_eq!(
                (answer.status, text(&answer).contains("not today")),
                (418, true),
                "{path} {answer:?}"
            );
        }
        for (before, after) in [(Before::Kill, After::Deliver), (Before::Proceed, After::Kill)] {
            let app = probes(setup(&Hand::new(function, before, after))).await;
            app.get(path).send().await.problem(500, "internal");
        }
    }
}

/// Holds one function's calls before their effect until nobody waits for the answer any more.
struct Slow {
    function: &'static str,
    noticed: Semaphore,
}

impl Slow {
    fn at(function: &'static str) -> Arc<Self> {
        Arc::new(Self { function, noticed: Semaphore::new(0) })
    }
}

impl Seam for Slow {
    fn before<'a>(&'a self, call: &'a HostCall) -> BoxFuture<'a, Before> {
        Box::pin(async move {
            if call.function == self.function {
                call.request.as_ref().unwrap().abandoned().await;
                self.noticed.add_permits(1);
            }
            Before::Proceed
        })
    }

    fn after<'a>(&'a self, _: &'a HostCall, _: Outcome, _: Duration) -> BoxFuture<'a, After> {
        Box::pin(async { After::Deliver })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_call_can_be_slow_beyond_the_deadline() {
    for (path, function, _) in KINDS {
        let limits = Limits { request_deadline: Duration::from_millis(300), ..Limits::default() };
        let slow = Slow::at(function);
        let app = probes(Setup { seam: Some(slow), limits: Some(limits), ..Setup::default() }).await;
        app.get(path).send().await.problem(504, "deadline_exceeded");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_at_a_call_is_noticed_there() {
    for (path, function, _) in KINDS {
        let slow = Slow::at(function);
        let app = probes(Setup { seam: Some(slow.clone()), ..Setup::default() }).await;
        let client = app.get(path).try_send();
        // The call waits for the client to go, so the client is the one to give up.
        assert!(tokio::time::timeout(Duration::from_millis(300), client).await.is_err(), "{path}");
        let _noticed = slow.noticed.acquire().await.unwrap();
    }
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
