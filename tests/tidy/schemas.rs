//! Every type of event that is published has a JSON Schema and an example under `docs/events/`. Neither is ever
//! edited: what was written once must be readable for ever.
//!
//! `UPDATE_SCHEMAS=1 cargo test -p tradepost-tests --test tidy -- schemas` adds the schema of a new type.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use tradepost_ordering::{ORDER_PLACED_V1, Recorded};
use tradepost_tests::repository;

const FOLDER: &str = "docs/events";

/// Every published type with its schema as the code has it.
fn published() -> Vec<(&'static str, String)> {
    [
        tradepost_events::catalog::schemas(),
        tradepost_events::identity::schemas(),
        tradepost_events::inventory::schemas(),
        tradepost_events::ordering::schemas(),
        tradepost_events::payment::schemas(),
        tradepost_ordering::schemas(),
    ]
    .into_iter()
    .flatten()
    .map(|(event_type, schema)| {
        let mut text = serde_json::to_string_pretty(&schema).unwrap();
        text.push('\n');
        (event_type, text)
    })
    .collect()
}

/// A schema without its prose, which may become better.
fn shape(schema: &str) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(members) => {
                // A property of that name is an object.
                members.retain(|name, value| name != "description" || !value.is_string());
                members.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut schema = serde_json::from_str(schema).unwrap();
    strip(&mut schema);
    schema
}

/// Whether whoever reads this type of event can read `data`; `None` when there is no such type.
fn can_be_read(event_type: &str, data: &str) -> Option<bool> {
    if event_type == ORDER_PLACED_V1 {
        return Some(Recorded::read(event_type, data, 0, None).is_ok());
    }
    tradepost_events::catalog::can_be_read(event_type, data)
        .or_else(|| tradepost_events::identity::can_be_read(event_type, data))
        .or_else(|| tradepost_events::inventory::can_be_read(event_type, data))
        .or_else(|| tradepost_events::ordering::can_be_read(event_type, data))
        .or_else(|| tradepost_events::payment::can_be_read(event_type, data))
}

/// The types that have a file in `folder`.
fn types_in(folder: &str) -> BTreeSet<String> {
    fs::read_dir(repository().join(folder))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .collect()
}

#[test]
fn every_published_type_keeps_the_schema_that_it_was_published_with() {
    for (event_type, schema) in published() {
        let path = repository().join(FOLDER).join(format!("{event_type}.json"));
        let pinned = fs::read_to_string(&path).ok();
        if let Some(pinned) = &pinned {
            assert_eq!(
                shape(&schema),
                shape(pinned),
                "{event_type} has another shape than events that were written already. Make a new version: a struct \
                 and a type string of its own, with the old ones kept for reading"
            );
        }
        if pinned.is_none_or(|pinned| pinned != schema) {
            assert!(
                std::env::var_os("UPDATE_SCHEMAS").is_some(),
                "{event_type} is new or says the same in other words: write that down with UPDATE_SCHEMAS=1"
            );
            fs::write(&path, schema).unwrap();
        }
    }
}

#[test]
fn no_published_type_is_ever_dropped() {
    let published: BTreeSet<String> =
        published().into_iter().map(|(event_type, _)| event_type.to_owned()).collect();
    assert_eq!(types_in(FOLDER), published);
}

#[test]
fn every_shape_that_was_ever_written_can_still_be_read() {
    let examples = format!("{FOLDER}/examples");
    for event_type in types_in(&examples) {
        let data = crate::read(format!("{examples}/{event_type}.json"));
        assert_eq!(can_be_read(&event_type, &data), Some(true), "{event_type}");
        assert_ne!(can_be_read(&event_type, "{}"), Some(true), "{event_type} says nothing");
    }
    assert_eq!(types_in(&examples), types_in(FOLDER), "every type has an example");
}
