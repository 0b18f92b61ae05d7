//! The checklist of CONTRIBUTING.md, "Adding an endpoint", as far as a machine can tick it.

use crate::read;
use std::path::PathBuf;
use tradepost_manifest::{Manifest, Route};
use tradepost_tests::repository;

fn manifest() -> Manifest {
    Manifest::read(repository().join("spin.toml")).unwrap()
}

/// Where the tests of a route stand: `/orders/:order_id/events` in `orders/order_id/events.rs`.
fn test_file(route: &str) -> PathBuf {
    let path = match route {
        "/..." => "anything_else".to_owned(),
        route => route.trim_start_matches('/').replace(':', "").replace(['-', '.'], "_"),
    };
    PathBuf::from("tests/e2e").join(format!("{path}.rs"))
}

#[test]
fn every_route_has_its_file_in_the_tree_of_tests() {
    for trigger in manifest().triggers() {
        let Route::Public(pattern) = &trigger.route else { continue };
        let file = test_file(pattern.as_str());
        let text = read(&file);
        assert!(text.contains("#[tokio::test"), "{} tests nothing", file.display());
        assert!(text.contains(&format!("`{pattern}`")), "{} does not name its route", file.display());
    }
}

#[test]
fn every_endpoint_asks_the_gateway() {
    let manifest = manifest();
    for trigger in manifest.triggers().iter().filter(|trigger| matches!(trigger.route, Route::Public(_))) {
        let endpoint = manifest.component(trigger.component.as_str()).unwrap();
        let admission = endpoint.dependency_for("tradepost:gateway/admission@0.1.0");
        assert!(admission.is_some(), "{} has no gateway plugged in", endpoint.id);
    }
}

#[test]
fn every_endpoint_is_on_the_map() {
    let map = read("ARCHITECTURE.md");
    for component in manifest().endpoints() {
        assert!(
            map.contains(&format!("`{}`", component.id)),
            "ARCHITECTURE.md does not name {}",
            component.id
        );
    }
}

#[test]
fn the_checklist_is_there_to_be_followed() {
    assert!(read("CONTRIBUTING.md").contains("## Adding an endpoint"));
}
