//! What happens at each limit.

use crate::probe::{probes, text};
use futures::future::join_all;
use std::time::{Duration, Instant};
use tradepost::limits::Limits;
use tradepost_tests::Setup;

fn limited(change: impl FnOnce(&mut Limits)) -> Setup {
    let mut limits = Limits::default();
    change(&mut limits);
    Setup { limits: Some(limits), ..Setup::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_too_long_is_answered_with_504() {
    let app = probes(limited(|limits| limits.request_deadline = Duration::from_millis(300))).await;
    app.get("/sleep?5000").send().await.problem(504, "deadline_exceeded");
    assert_eq!(text(&app.get("/sleep?10").send().await), "slept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_computes_without_end_is_stopped() {
    let app = probes(limited(|limits| limits.request_deadline = Duration::from_millis(500))).await;
    app.get("/loop").send().await.problem(504, "deadline_exceeded");
    // Its instance is gone with it; the component is not.
    assert_eq!(text(&app.get("/hello").send().await), "hello");
}

/// The median latency of a neighbour's answers with runaways beside it stays in the reach of the time slice in
/// which a runaway gives way, far from the deadline that it runs into.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_runaway_does_not_stop_its_neighbours() {
    let app = probes(limited(|limits| limits.request_deadline = Duration::from_secs(4))).await;
    app.get("/neighbour/hello").send().await;
    let neighbour = async {
        // Let the runaways take every thread first.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut latencies = Vec::new();
        for _ in 0..20 {
            let start = Instant::now();
            let answer = app.get("/neighbour/hello").send().await;
            assert_eq!(answer.status, 418, "the neighbour answers: {answer:?}");
            latencies.push(start.elapsed());
        }
        latencies.sort();
        latencies
    };
    let runaways = join_all((0..4).map(|_| app.get("/loop").send()));
    let (latencies, runaways) = tokio::join!(neighbour, runaways);
    for runaway in runaways {
        runaway.problem(504, "deadline_exceeded");
    }
    let median = latencies.get(latencies.len() / 2).unwrap();
    assert!(*median < Duration::from_millis(500), "{latencies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_beyond_the_limit_fails_the_request_and_nothing_else() {
    let app = probes(limited(|limits| limits.instance_memory_bytes = 32 << 20)).await;
    assert_eq!(text(&app.get("/allocate?8").send().await), (8 << 20).to_string());
    app.get("/allocate?64").send().await.problem(500, "internal");
    assert_eq!(text(&app.get("/hello").send().await), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_beyond_the_limit_is_refused_before_a_component_runs() {
    let app = probes(limited(|limits| limits.request_body_bytes = 1000)).await;
    let length = |bytes: usize| app.post("/length").bytes("application/octet-stream", vec![0; bytes]).send();
    assert_eq!(text(&length(1000).await), "1000");
    length(1001).await.problem(413, "payload_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_limit_are_told_to_come_back() {
    let app = probes(limited(|limits| limits.concurrent_requests = 4)).await;
    let answers = join_all((0..12).map(|_| app.get("/sleep?500").send())).await;
    let served = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(served >= 4, "{answers:?}");
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert!(!refused.is_empty());
    for answer in refused {
        answer.problem(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trap_fails_its_request_without_saying_why() {
    let app = probes(Setup::default()).await;
    let answer = app.get("/trap").send().await;
    answer.problem(500, "internal");
    assert!(!text(&answer).contains("told to"), "{answer:?}");
    assert_eq!(text(&app.get("/hello").send().await), "hello");
}
