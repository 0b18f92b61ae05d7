//! The end of a server.

use crate::probe::{probes, text};
use std::time::Duration;
use tradepost_tests::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_flight_is_answered_before_the_server_ends() {
    let app = probes(Setup::default()).await;
    // An instance is made first, so that the request is surely with its guest when the stop comes.
    app.get("/hello").send().await;
    let request = tokio::spawn(app.get("/sleep?600").send());
    tokio::time::sleep(Duration::from_millis(200)).await;
    app.stop().await;
    assert_eq!(text(&request.await.unwrap()), "slept");
}
