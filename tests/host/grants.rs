//! A component gets what the manifest grants to it, and nothing else.

use crate::probe::{probes, probes_with, text};
use tradepost_tests::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn without_grants_every_way_out_is_closed() {
    let app = probes_with(&[("probe", "/...", "")], Setup::default()).await;
    for (path, denial) in [
        ("/get?default=key", "AccessDenied"),
        ("/set?default=key=value", "AccessDenied"),
        ("/variable?greeting", "Undefined"),
        ("/fetch?http%3A%2F%2Fneighbour.spin.internal%2F", "Denied"),
    ] {
        let answer = app.get(path).send().await;
        assert_eq!((answer.status, text(&answer).contains(denial)), (418, true), "{path}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_reached_at_the_allowed_address_alone() {
    let grants = r#"
        allowed_outbound_hosts = ["postgres://127.0.0.1:1"]
        variables = { database_url = "{{ database_url }}" }
    "#;
    let app = probes_with(&[("probe", "/...", grants)], Setup::default()).await;
    let answer = app.get("/query?SELECT%201").send().await;
    assert_eq!(answer.status, 418);
    assert!(text(&answer).contains("ConnectionFailed"), "{answer:?}");
    assert!(text(&answer).contains("not permitted"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_not_listed_stays_closed() {
    let app = probes(Setup::default()).await;
    assert_eq!(text(&app.get("/set?default=key=value").send().await), "set");
    assert_eq!(text(&app.get("/get?default=key").send().await), "value");
    assert!(text(&app.get("/get?other=key").send().await).contains("AccessDenied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_are_rendered_and_only_ones_own_are_seen() {
    let setup = Setup { variables: vec![("who".to_owned(), "there".to_owned())], ..Setup::default() };
    let app = probes(setup).await;
    assert_eq!(text(&app.get("/variable?greeting").send().await), "hello there");
    assert!(text(&app.get("/variable?who").send().await).contains("Undefined"));
    assert!(text(&app.get("/variable?Not%20A%20Name").send().await).contains("InvalidName"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_survives_a_restart() {
    let stores = tempfile::tempdir().unwrap();
    let setup = || Setup { stores: Some(stores.path().join("kv")), ..Setup::default() };
    let app = probes(setup()).await;
    assert_eq!(text(&app.get("/set?default=key=kept").send().await), "set");
    app.stop().await;
    let app = probes(setup()).await;
    assert_eq!(text(&app.get("/get?default=key").send().await), "kept");
}
