//! What holds of the description whatever the routes say.

use std::collections::BTreeSet;

use serde_json::Value;
use tradepost_problem::Code;

use crate::{openapi, problems_page, routes};

fn document() -> Value {
    openapi(&|_, _| None)
}

/// Every value of a member of this name, wherever it stands.
fn members<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get(name));
            object.values().for_each(|value| members(value, name, found));
        }
        Value::Array(items) => items.iter().for_each(|value| members(value, name, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut references = Vec::new();
    members(&document, "$ref", &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn no_text_of_a_request_is_said_to_take_what_none_takes() {
    let document = document();
    let (mut bodies, mut texts) = (Vec::new(), 0);
    members(&document, "requestBody", &mut bodies);
    let mut open: Vec<Value> = bodies.into_iter().cloned().collect();
    while let Some(schema) = open.pop() {
        if schema["type"] == "string" {
            texts += 1;
            let is_narrow = ["pattern", "enum", "const"].iter().any(|name| schema.get(name).is_some())
                || schema["format"].as_str().is_some_and(|format| format != "password");
            assert!(is_narrow, "{schema}");
        }
        match schema {
            Value::Object(object) => {
                let meant = object.get("$ref").and_then(|reference| reference.as_str()?.strip_prefix('#'));
                open.extend(meant.and_then(|pointer| document.pointer(pointer)).cloned());
                open.extend(object.into_values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    assert!(texts > 20, "{texts}");
}

#[test]
fn operations_and_their_examples_have_names_of_their_own() {
    let mut names = BTreeSet::new();
    for route in routes() {
        for operation in route.operations() {
            assert!(names.insert(operation.id().to_owned()), "{} is there twice", operation.id());
            assert!(!operation.examples().is_empty(), "{} has no example", operation.id());
            for example in operation.examples() {
                let name = format!("{}.{}", operation.id(), example.name());
                assert!(names.insert(name.clone()), "{name} is there twice");
            }
        }
    }
}

#[test]
fn every_parameter_of_a_path_is_described() {
    for route in routes() {
        let template = route.template();
        let described: Vec<String> =
            route.parameters.iter().map(|parameter| format!("{{{}}}", parameter.name)).collect();
        let named: Vec<&str> = template.split('/').filter(|segment| segment.starts_with('{')).collect();
        assert_eq!(named, described, "{template}");
    }
}

#[test]
fn every_problem_has_its_anchor() {
    let page = problems_page();
    for code in Code::ALL {
        let (_, fragment) = code.type_uri().split_once('#').unwrap();
        assert_eq!(page.matches(&format!("<a id=\"{fragment}\"></a>")).count(), 1, "{fragment}");
    }
}
