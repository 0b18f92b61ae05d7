//! What the description's examples were answered when they were tried last.

use crate::build::repository;
use serde_json::Value;
use std::path::PathBuf;

/// Where an example's request and answer are written down.
pub fn example_file(operation: &str, example: &str) -> PathBuf {
    repository().join("docs/examples").join(format!("{operation}.{example}.json"))
}

/// An example's request and answer; `None` if it was never tried.
pub fn recorded_example(operation: &str, example: &str) -> Option<Value> {
    let text = std::fs::read_to_string(example_file(operation, example)).ok()?;
    Some(serde_json::from_str(&text).expect("a record is JSON"))
}
