//! Requests from one component to another.

use crate::probe::{EVERYTHING, probes, probes_with, text};
use tradepost_tests::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn a_component_reaches_another_that_it_is_allowed_to() {
    let app = probes(Setup::default()).await;
    let answer = app.get("/fetch?http%3A%2F%2Fneighbour.spin.internal%2Fhello").send().await;
    assert_eq!(text(&answer), "200 hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_route_is_reached_by_chaining_and_by_nobody_else() {
    let private = [("probe", "/probe/...", EVERYTHING), ("neighbour", "private", EVERYTHING)];
    let app = probes_with(&private, Setup::default()).await;
    app.get("/neighbour/hello").send().await.problem(404, "not_found");
    let fetch = "allowed_outbound_hosts = [\"http://neighbour.spin.internal\"]";
    let app = probes_with(&[("probe", "/...", fetch), ("neighbour", "private", "")], Setup::default()).await;
    let answer = app.get("/fetch?http%3A%2F%2Fneighbour.spin.internal%2Fhello").send().await;
    assert_eq!(text(&answer), "200 hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_are_not_allowed_are_refused() {
    let app = probes(Setup::default()).await;
    for url in [
        "http%3A%2F%2Fprobe.spin.internal%2Fhello",
        "http%3A%2F%2F127.0.0.1%3A9%2F",
        "https%3A%2F%2Fexample.com%2F",
    ] {
        let answer = app.get(&format!("/fetch?{url}")).send().await;
        assert_eq!((answer.status, text(&answer).contains("Denied")), (418, true), "{answer:?}");
    }
}
