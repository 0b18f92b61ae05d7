//! Who may depend on whom.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use tradepost_tests::repository;

/// Crates that would tie rules to a wire, a store or a runtime.
const WIRES: &[&str] = &[
    "axum",
    "http",
    "hyper",
    "reqwest",
    "spin-sdk",
    "tokio",
    "tokio-postgres",
    "wasip3",
    "wasmtime",
    "wit-bindgen",
];

/// The crates that hold rules: no wires, no clock, no chance.
const RULES: &[&str] = &[
    "tradepost-catalog",
    "tradepost-identity",
    "tradepost-inventory",
    "tradepost-messaging",
    "tradepost-ordering",
    "tradepost-risk",
];

/// What each package of the workspace depends on when it ships, directly and not.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--filter-platform", "wasm32-wasip2"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package["name"].as_str().unwrap()))
        .collect();
    let edges: BTreeMap<&str, Vec<&str>> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| {
            let ships = |dependency: &&Value| {
                dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null())
            };
            let shipped = node["deps"].as_array().unwrap().iter().filter(ships);
            (
                node["id"].as_str().unwrap(),
                shipped.map(|dependency| dependency["pkg"].as_str().unwrap()).collect(),
            )
        })
        .collect();
    edges
        .keys()
        .map(|id| {
            let (mut seen, mut todo) = (BTreeSet::new(), vec![*id]);
            while let Some(next) = todo.pop() {
                for dependency in &edges[next] {
                    if seen.insert(names[dependency].to_owned()) {
                        todo.push(dependency);
                    }
                }
            }
            (names[id].to_owned(), seen)
        })
        .collect()
}

#[test]
fn rules_know_nothing_of_wires() {
    let dependencies = dependencies();
    for rules in RULES {
        let wires: Vec<_> = WIRES.iter().filter(|wire| dependencies[*rules].contains(**wire)).collect();
        assert!(wires.is_empty(), "{rules} depends on {wires:?}");
    }
}

#[test]
fn contexts_do_not_know_each_others_rules() {
    let dependencies = dependencies();
    // Ordering takes a customer's e-mail address, which is identity's word for it.
    let allowed = [("tradepost-ordering", "tradepost-identity"), ("tradepost-ordering", "tradepost-catalog")];
    for one in RULES {
        for other in RULES.iter().filter(|other| *other != one && !allowed.contains(&(*one, **other))) {
            assert!(!dependencies[*one].contains(*other), "{one} depends on {other}");
        }
    }
}

#[test]
fn no_component_ships_the_host() {
    let dependencies = dependencies();
    for component in tradepost_manifest::Manifest::read(repository().join("spin.toml")).unwrap().components()
    {
        let of_component = &dependencies[component.id.as_str()];
        for host in ["tradepost", "tradepost-sql-pool", "tradepost-key-value", "wasmtime"] {
            assert!(!of_component.contains(host), "{} depends on {host}", component.id);
        }
    }
}
