//! Compiled code is kept, and found again by its content.

use std::{fs, thread};
use tradepost::engine::Engine;
use tradepost::limits::Limits;
use tradepost_tests::guest;

#[test]
fn a_component_is_compiled_once() {
    let cache = tempfile::tempdir().unwrap();
    let engine = || Engine::new(cache.path(), &Limits::default()).unwrap();
    let bytes = fs::read(guest("probe")).unwrap();
    assert!(!engine().compile(&bytes).unwrap().cached);
    assert!(engine().compile(&bytes).unwrap().cached, "another process would find it");
    assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn many_may_compile_one_component_at_once() {
    let cache = tempfile::tempdir().unwrap();
    let engine = Engine::new(cache.path(), &Limits::default()).unwrap();
    let bytes = fs::read(guest("probe")).unwrap();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| engine.compile(&bytes).unwrap());
        }
    });
    assert_eq!(fs::read_dir(cache.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn a_damaged_entry_is_compiled_again() {
    let cache = tempfile::tempdir().unwrap();
    let engine = Engine::new(cache.path(), &Limits::default()).unwrap();
    let bytes = fs::read(guest("probe")).unwrap();
    engine.compile(&bytes).unwrap();
    let entry = fs::read_dir(cache.path()).unwrap().next().unwrap().unwrap().path();
    fs::write(&entry, b"half a file").unwrap();
    assert!(!engine.compile(&bytes).unwrap().cached);
    assert!(engine.compile(&bytes).unwrap().cached);
}

#[test]
fn what_is_not_a_component_is_refused() {
    let cache = tempfile::tempdir().unwrap();
    let engine = Engine::new(cache.path(), &Limits::default()).unwrap();
    assert!(engine.compile(b"not a component").is_err());
}
