//! Rules of the house that can be executed.

mod boundaries;
mod checklist;
mod grants;
mod names;
mod openapi;
mod queries;
mod schemas;
mod sources;
mod subscriptions;

use std::path::{Path, PathBuf};
use tradepost_tests::repository;

/// The files below a folder of the repository, by their paths from its root.
fn files(folder: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in folder.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else {
                found.push(path.strip_prefix(repository()).unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    walk(&repository().join(folder), &mut found);
    found.sort();
    assert!(!found.is_empty(), "nothing below {folder}");
    found
}

/// An event of this type as `docs/events/examples` has it, but about the thing with this id.
fn example(event_type: &str, id: &str) -> serde_json::Value {
    let mut data: serde_json::Value =
        serde_json::from_str(&read(format!("docs/events/examples/{event_type}.json"))).unwrap();
    data["id"] = id.into();
    serde_json::json!({
        "specversion": "1.0",
        "id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "source": "/catalog",
        "type": event_type,
        "subject": id,
        "time": "2026-11-22T12:00:00.000000Z",
        "partitionkey": id,
        "sequence": "00000000000000000001",
        "datacontenttype": "application/json",
        "data": data,
    })
}

/// The text of a file of the repository.
fn read(path: impl AsRef<Path>) -> String {
    let path = repository().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The manifest's table of `component`, or of whatever is under `key`.
fn package_name(manifest: impl AsRef<Path>) -> String {
    let manifest: toml_edit::DocumentMut = read(manifest).parse().unwrap();
    manifest["package"]["name"].as_str().unwrap().to_owned()
}
