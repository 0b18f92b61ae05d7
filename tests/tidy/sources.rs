//! What the sources say, and what they must not.

use crate::{files, read};
use std::path::{Path, PathBuf};

fn rust(folder: &str) -> Vec<PathBuf> {
    files(folder)
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

#[test]
fn no_component_opens_a_transaction() {
    // A guest that traps between BEGIN and COMMIT hands a dirty connection to a stranger; see ARCHITECTURE.md.
    const WORDS: &[&str] = &["BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "SAVEPOINT"];
    for path in rust("components").into_iter().chain(rust("crates")) {
        for line in read(&path).lines().filter(|line| !line.trim_start().starts_with("//")) {
            let word = WORDS.iter().find(|word| line.contains(*word));
            assert!(word.is_none(), "{}: {line}", path.display());
        }
    }
}

#[test]
fn no_components_tests_are_forgotten() {
    let manifest: toml_edit::DocumentMut = read(Path::new("Cargo.toml")).parse().unwrap();
    let tested = manifest["workspace"]["default-members"].as_array().unwrap();
    let is_tested = |path: &Path| {
        tested.iter().any(|member| member.as_str().is_some_and(|folder| path.starts_with(folder)))
    };
    for path in rust("components") {
        assert!(
            is_tested(&path) || !read(&path).contains("#[test]"),
            "{} has tests that `cargo test` does not run: they belong into a crate, or the component among the default members",
            path.display()
        );
    }
}

#[test]
fn every_source_file_opens_with_what_it_is_for() {
    for folder in ["components", "crates", "host", "tests", "benches"] {
        for path in rust(folder) {
            assert!(
                read(&path).starts_with("//! "),
                "{} does not open with a `//!` sentence",
                path.display()
            );
        }
    }
}

#[test]
fn nothing_is_left_for_later_in_a_comment() {
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["todo", "!("].concat(),
        ["unimplemented", "!("].concat(),
    ];
    for folder in ["components", "crates", "host", "tests", "wit", "migrations", "benches"] {
        for path in files(folder) {
            let Ok(text) = std::fs::read_to_string(tradepost_tests::repository().join(&path)) else {
                continue;
            };
            let mark = marks.iter().find(|mark| text.contains(mark.as_str()));
            assert!(mark.is_none(), "{}: {mark:?}", path.display());
        }
    }
}
