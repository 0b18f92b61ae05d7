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
        route => {
            route.trim_start_matches('/').trim_end_matches("/...").replace(':', "").replace(['-', '.'], "_")
        }
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

/// A row of the map's components: the id, and the ports that are said to be imported.
fn row_of_the_map(line: &str) -> Option<(&str, Vec<&str>)> {
    let mut cells = line.split('|').map(str::trim).skip(1);
    let component = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
    let mut imports: Vec<&str> = cells.nth(1)?.split(", ").filter(|port| !port.is_empty()).collect();
    imports.sort_unstable();
    Some((component, imports))
}

#[test]
fn every_endpoint_is_on_the_map_once_with_the_ports_that_it_imports() {
    let (map, manifest) = (read("ARCHITECTURE.md"), manifest());
    let rows: Vec<_> = map.lines().filter_map(row_of_the_map).collect();
    for component in manifest.endpoints() {
        let mut ports: Vec<&str> = component
            .dependencies
            .iter()
            .filter_map(|dependency| dependency.name.interface())
            .filter(|port| *port != "admission")
            .collect();
        ports.sort_unstable();
        let shown: Vec<_> = rows.iter().filter(|(id, _)| *id == component.id.as_str()).collect();
        let [(_, imports)] = shown[..] else {
            panic!("ARCHITECTURE.md has {} rows for {}", shown.len(), component.id);
        };
        assert_eq!(*imports, ports, "ARCHITECTURE.md on {}", component.id);
    }
}

#[test]
fn the_checklist_is_there_to_be_followed() {
    assert!(read("CONTRIBUTING.md").contains("## Adding an endpoint"));
}
