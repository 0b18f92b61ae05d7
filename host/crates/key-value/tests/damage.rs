//! A file that something else wrote to: told at the start, with what to do, and never served as data.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as tests do")]

use std::fs;
use std::path::{Path, PathBuf};

use tradepost_key_value::{OpenError, Stores};

const ENTRIES: u32 = 200;

fn key(number: u32) -> String {
    format!("order:{number}")
}

fn value(number: u32) -> Vec<u8> {
    format!("value {number} ").repeat(1 + number as usize % 40).into_bytes()
}

fn file_in(dir: &Path) -> PathBuf {
    fs::read_dir(dir).unwrap().next().unwrap().unwrap().path()
}

/// A directory whose stores were filled and closed, and what its file holds.
fn filled() -> (tempfile::TempDir, PathBuf, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let stores = Stores::open(dir.path()).unwrap();
        let views = stores.label("default").unwrap();
        for number in 0..ENTRIES {
            views.set(&key(number), value(number)).await.unwrap();
        }
        stores.close().await.unwrap();
    });
    let file = file_in(dir.path());
    let bytes = fs::read(&file).unwrap();
    (dir, file, bytes)
}

fn assert_tells_what_to_do(error: &OpenError, dir: &Path) {
    assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains(&dir.display().to_string()), "{message}");
    assert!(message.contains("delete that directory"), "{message}");
}

#[test]
fn a_file_of_something_else_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    drop(Stores::open(dir.path()).unwrap());
    let file = file_in(dir.path());
    let other = b"SQLite format 3\0".repeat(1000);
    fs::write(&file, &other).unwrap();
    assert_tells_what_to_do(&Stores::open(dir.path()).unwrap_err(), dir.path());
    assert_eq!(fs::read(&file).unwrap(), other);
}

#[test]
fn a_file_cut_short_is_refused() {
    let (dir, file, bytes) = filled();
    for kept in [10, 4096, bytes.len() / 2, bytes.len() - 4096] {
        fs::write(&file, &bytes[..kept]).unwrap();
        let error =
            Stores::open(dir.path()).expect_err(&format!("opened with {kept} of {} bytes", bytes.len()));
        assert_tells_what_to_do(&error, dir.path());
    }
}

#[test]
fn a_directory_that_is_a_file_is_told_apart_from_damage() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(matches!(Stores::open(file.path()), Err(OpenError::Directory { .. })));
}

/// The flips walk the file with a stride that is no multiple of a page's or a record's size, so that they
/// meet headers, tree pages, values and free space alike.
#[test]
fn a_flipped_bit_is_found_at_the_start_or_changes_nothing_that_is_read() {
    let (dir, file, bytes) = filled();
    let mut refused = 0;
    for (flip, position) in (0..bytes.len()).step_by(bytes.len() / 150 + 1).enumerate() {
        let mut damaged = bytes.clone();
        damaged[position] ^= 1 << (flip % 8);
        fs::write(&file, &damaged).unwrap();
        match Stores::open(dir.path()) {
            Err(error) => {
                assert_tells_what_to_do(&error, dir.path());
                refused += 1;
            }
            Ok(stores) => {
                let views = stores.label("default").unwrap();
                for number in 0..ENTRIES {
                    let found = views.get(&key(number)).unwrap();
                    assert_eq!(found, Some(value(number)), "bit at {position} of {}", bytes.len());
                }
            }
        }
    }
    assert!(refused > 10, "only {refused} flips met anything that matters");
}
