//! The description of the API is what the code says, and is complete.
//!
//! `UPDATE_OPENAPI=1 cargo test -p tradepost-tests --test contract` records what the examples are answered,
//! `UPDATE_OPENAPI=1 cargo test -p tradepost-tests --test tidy -- openapi` writes the description.

use std::collections::BTreeSet;
use std::fs;

use regex::Regex;
use serde_json::Value;
use tradepost_access::Scope;
use tradepost_api_description::{Access, openapi, problems_page, routes};
use tradepost_manifest::{Manifest, Route};
use tradepost_tests::{recorded_example, repository};

/// Fails unless the file has this text, or writes it there.
fn pinned(path: &str, text: &str) {
    let path = repository().join(path);
    if fs::read_to_string(&path).is_ok_and(|pinned| pinned == text) {
        return;
    }
    assert!(
        std::env::var_os("UPDATE_OPENAPI").is_some(),
        "{} is not what the code says: write it with UPDATE_OPENAPI=1",
        path.display()
    );
    fs::write(&path, text).unwrap();
}

/// The manifest's public routes, but for the one that answers what no other does.
fn public_routes() -> BTreeSet<String> {
    let manifest = Manifest::read(repository().join("spin.toml")).unwrap();
    let routes = manifest.triggers().iter().filter_map(|trigger| match &trigger.route {
        Route::Public(pattern) => Some(pattern.as_str().to_owned()),
        Route::Private => None,
    });
    routes.filter(|route| route != "/...").collect()
}

#[test]
fn the_committed_description_is_the_one_that_the_code_makes() {
    let document: Value = openapi(&|operation, example| recorded_example(operation, example));
    let mut text = serde_json::to_string_pretty(&document).unwrap();
    text.push('\n');
    pinned("docs/openapi.json", &text);
}

#[test]
fn the_page_of_problems_is_the_one_that_the_code_makes() {
    pinned("docs/problems.md", &problems_page());
}

#[test]
fn every_route_is_described_and_nothing_else_is() {
    let described: BTreeSet<String> = routes().iter().map(|route| route.trigger().to_owned()).collect();
    assert_eq!(described, public_routes());
    let document: Value = serde_json::from_str(&crate::read("docs/openapi.json")).unwrap();
    let paths: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(paths, routes().iter().map(tradepost_api_description::Route::template).collect());
}

#[test]
fn what_is_said_of_who_may_call_is_what_the_component_asks() {
    let manifest = Manifest::read(repository().join("spin.toml")).unwrap();
    let rule = Regex::new(r"(?m)^    ([A-Z]+) \(\s*(open|identified|staff)\((?:Scope::(\w+))?\)").unwrap();
    for route in routes() {
        let trigger = manifest.triggers().iter().find(|trigger| match &trigger.route {
            Route::Public(pattern) => pattern.as_str() == route.trigger(),
            Route::Private => false,
        });
        let component = trigger.unwrap().component.as_str();
        let (context, resource) = component.split_once('-').unwrap();
        let source = crate::read(format!("components/{context}/{resource}/src/lib.rs"));
        let asked: BTreeSet<(String, Access)> = rule
            .captures_iter(&source)
            .map(|rule| {
                let access = match &rule[2] {
                    "open" => Access::Open,
                    "identified" => Access::Identified,
                    _ => {
                        let scope = Scope::ALL.iter().find(|scope| format!("{scope:?}") == rule[3]);
                        Access::Scope(scope.unwrap().as_str())
                    }
                };
                (rule[1].to_owned(), access)
            })
            .collect();
        let said =
            route.operations().iter().map(|operation| (operation.method().to_owned(), operation.access()));
        assert_eq!(said.collect::<BTreeSet<_>>(), asked, "{}", route.trigger());
    }
}

#[test]
fn every_example_has_been_recorded_and_every_record_is_an_examples() {
    let mut names = BTreeSet::new();
    for route in routes() {
        for operation in route.operations() {
            for example in operation.examples() {
                let is_recorded = recorded_example(operation.id(), example.name()).is_some();
                assert!(is_recorded, "{}.{} was never tried", operation.id(), example.name());
                names.insert(format!("{}.{}.json", operation.id(), example.name()));
            }
        }
    }
    let files: BTreeSet<String> = fs::read_dir(repository().join("docs/examples"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files, names);
}
