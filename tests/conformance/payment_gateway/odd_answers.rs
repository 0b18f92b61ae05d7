//! What only the HTTP adapter can be asked: its provider says odd things, says them oddly, or cannot be reached.

use super::provider::{KEY, Provider, SECRET};
use super::{
    Finding, Gateway, HTTP, Market, Outcome, approved, connected, declined, reference, with_provider,
};
use crate::ground::Ground;
use std::time::{Duration, Instant};

/// The reason that a log would have, which tells no secret.
#[track_caller]
fn unknown(outcome: Outcome) -> String {
    let Outcome::Unknown(reason) = outcome else { panic!("{outcome:?}") };
    assert!(!reason.is_empty());
    for secret in [KEY, SECRET, "tok_", "Welcome"] {
        assert!(!reason.contains(secret), "{reason}");
    }
    reason
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odd_answer_decides_nothing_and_a_look_finds_what_happened() {
    let market = Market::of(HTTP).await;
    let mut gateway = Gateway::on(&market.ground, HTTP).await;
    for token in [
        "tok_http_500",
        "tok_http_302",
        "tok_http_404",
        "tok_http_409",
        "tok_http_429",
        "tok_http_bare_402",
        "tok_http_page_402",
        "tok_http_garbage",
        "tok_http_empty",
        "tok_http_processing",
        "tok_http_captured",
        "tok_http_path",
        "tok_http_huge",
        "tok_http_cut_head",
        "tok_http_cut_body",
        "tok_http_not_http",
    ] {
        let asked = reference("1-authorise");
        let before = Instant::now();
        unknown(gateway.authorise(&asked, token, 100).await);
        assert!(before.elapsed() < Duration::from_secs(4), "{token} {:?}", before.elapsed());
        let Finding::Approved(found) = gateway.look_up(&asked).await else { panic!("{token}") };
        assert_eq!(approved(gateway.authorise(&asked, token, 100).await), found, "{token}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_waited_for_longer_than_the_port_promises() {
    let market = Market::of(HTTP).await;
    let mut gateway = Gateway::on(&market.ground, HTTP).await;
    let asked = reference("1-authorise");
    let before = Instant::now();
    let reason = unknown(gateway.authorise(&asked, "tok_http_hang", 100).await);
    let waited = before.elapsed();
    assert!(reason.contains("in time"), "{reason}");
    assert!(Duration::from_secs(4) < waited && waited < Duration::from_millis(5_500), "{waited:?}");
    // The instance is none the worse for it.
    assert!(matches!(gateway.look_up(&asked).await, Finding::Approved(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_twice_counts_once() {
    let market = Market::of(HTTP).await;
    let mut gateway = Gateway::on(&market.ground, HTTP).await;
    let authorisation = gateway.authorised("tok_http_twice", 100).await;
    approved(gateway.capture(&reference("1-capture"), &authorisation, 100).await);
    declined(gateway.refund(&reference("refund"), &authorisation, 101).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_provider_says_that_it_has_never_heard_of_an_operation() {
    let market = Market::of(HTTP).await;
    let mut gateway = Gateway::on(&market.ground, HTTP).await;
    for odd in ["down-1", "nowhere-1", "elsewhere-1", "garbled-1"] {
        let found = gateway.look_up(odd).await;
        assert!(matches!(found, Finding::Unknown(_)), "{odd} {found:?}");
    }
    assert_eq!(gateway.look_up("pending-1").await, Finding::Pending);
    assert_eq!(gateway.look_up("other-1").await, Finding::Absent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_cannot_be_reached_leaves_everything_unknown() {
    let ground = with_provider("http://127.0.0.1:1").await;
    let mut gateway = Gateway::on(&ground, HTTP).await;
    for outcome in [
        gateway.authorise(&reference("1-authorise"), "tok_ok", 100).await,
        gateway.capture(&reference("1-capture"), "pi_1", 100).await,
        gateway.void(&reference("1-void"), "pi_1", 100).await,
        gateway.refund(&reference("refund"), "pi_1", 100).await,
    ] {
        unknown(outcome);
    }
    assert!(matches!(gateway.look_up(&reference("1-void")).await, Finding::Unknown(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_or_secret_decides_nothing() {
    let provider = Provider::open().await;
    for (key, secret) in [("sk_another", SECRET), (KEY, "whsec_another"), ("", SECRET), (KEY, "")] {
        let manifest = tokio::task::spawn_blocking(connected).await.unwrap();
        let values = [
            ("payment_provider_url", provider.url()),
            ("payment_provider_key", key.to_owned()),
            ("payment_provider_secret", secret.to_owned()),
        ];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let ground = Ground::composed(manifest, &values);
        let mut gateway = Gateway::on(&ground, HTTP).await;
        unknown(gateway.authorise(&reference("1-authorise"), "tok_ok", 100).await);
        let found = gateway.look_up(&reference("1-authorise")).await;
        assert!(matches!(found, Finding::Unknown(_)), "{key} {secret} {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_reaches_the_provider_only_if_the_manifest_says_so() {
    let provider = Provider::open().await;
    let (other, url) = (Provider::open().await, provider.url());
    let manifest = tokio::task::spawn_blocking(connected).await.unwrap();
    // Granted is one place, and the adapter is sent to another.
    let mut text: toml_edit::DocumentMut = std::fs::read_to_string(manifest.file()).unwrap().parse().unwrap();
    drop(manifest);
    let component = &mut text["component"][HTTP.granted_as];
    component["allowed_outbound_hosts"] = toml_edit::value(toml_edit::Value::from_iter([other.url()]));
    for (name, given) in [
        ("payment_provider_url", url.as_str()),
        ("payment_provider_key", KEY),
        ("payment_provider_secret", SECRET),
    ] {
        component["variables"][name] = toml_edit::value(given);
    }
    let file = tradepost_tests::repository().join("spin.toml");
    let manifest = tradepost_manifest::Manifest::parse(&text.to_string(), file).unwrap();
    let ground = Ground::composed(manifest, &[]);
    let mut gateway = Gateway::on(&ground, HTTP).await;
    unknown(gateway.authorise(&reference("1-authorise"), "tok_ok", 100).await);
    assert_eq!((provider.requests(), other.requests()), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_no_provider_gives_reach_no_path() {
    let market = Market::of(HTTP).await;
    let mut gateway = Gateway::on(&market.ground, HTTP).await;
    for authorisation in ["", "../refunds", "pi_1/capture?x=", "pi 1", "pi_ä"] {
        let outcome = gateway.capture(&reference("1-capture"), authorisation, 100).await;
        assert_eq!(declined(outcome), "authorisation_unknown", "{authorisation}");
        declined(gateway.void(&reference("1-void"), authorisation, 100).await);
    }
    assert_eq!(gateway.look_up("../v1/refunds").await, Finding::Absent);
    assert_eq!(market.provider.unwrap().requests(), Vec::<String>::new());
}
