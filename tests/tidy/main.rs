//! Rules of the house that can be executed.

mod boundaries;
mod checklist;
mod grants;
mod names;
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
