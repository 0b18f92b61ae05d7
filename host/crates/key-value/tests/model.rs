//! Any sequence of operations gives what a map in memory gives, also across closing and opening.

#![expect(clippy::unwrap_used, reason = "a helper of tests fails as tests do")]

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use tradepost_key_value::{Durability, MAX_KEY_BYTES, Options, Store, Stores};

const LABELS: [&str; 3] = ["default", "sessions", "défaut"];

#[derive(Debug, Clone)]
enum Operation {
    Set(usize, String, Vec<u8>),
    Delete(usize, String),
    Get(usize, String),
    Keys(usize),
    Reopen,
}

fn key() -> impl Strategy<Value = String> {
    // Few keys, so that operations meet; among them the empty one, the longest, and prefixes of each other.
    prop_oneof![
        6 => "order:[0-3](:recent)?",
        1 => Just(String::new()),
        1 => Just("k".repeat(MAX_KEY_BYTES)),
        1 => "\\PC{0,20}",
    ]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    // The engine treats what fits into a page of 4 KiB differently from what does not.
    let length = prop_oneof![4 => 0..300_usize, 2 => 3_000..5_000_usize, 1 => 40_000..60_000_usize];
    (length, any::<u8>()).prop_map(|(length, byte)| vec![byte; length])
}

fn operation() -> impl Strategy<Value = Operation> {
    let label = 0..LABELS.len();
    prop_oneof![
        8 => (label.clone(), key(), value())
            .prop_map(|(label, key, value)| Operation::Set(label, key, value)),
        3 => (label.clone(), key()).prop_map(|(label, key)| Operation::Delete(label, key)),
        4 => (label.clone(), key()).prop_map(|(label, key)| Operation::Get(label, key)),
        2 => label.prop_map(Operation::Keys),
        1 => Just(Operation::Reopen),
    ]
}

fn open(dir: &Path, durability: Durability) -> (Stores, Vec<Store>) {
    let stores = Stores::open_with(dir, Options { durability, ..Options::default() }).unwrap();
    let labels = LABELS.iter().map(|label| stores.label(label).unwrap()).collect();
    (stores, labels)
}

fn keys(store: &Store) -> Vec<String> {
    store.keys().unwrap().map(Result::unwrap).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn stores_behave_like_maps(
        operations in proptest::collection::vec(operation(), 1..60),
        durability in prop_oneof![Just(Durability::Synced), Just(Durability::Buffered)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let (mut stores, mut labels) = open(dir.path(), durability);
        let mut maps = vec![BTreeMap::<String, Vec<u8>>::new(); LABELS.len()];
        for operation in operations {
            match operation {
                Operation::Set(label, key, value) => {
                    runtime.block_on(labels[label].set(&key, value.clone())).unwrap();
                    maps[label].insert(key, value);
                }
                Operation::Delete(label, key) => {
                    runtime.block_on(labels[label].delete(&key)).unwrap();
                    maps[label].remove(&key);
                }
                Operation::Get(label, key) => {
                    prop_assert_eq!(labels[label].get(&key).unwrap(), maps[label].get(&key).cloned());
                    prop_assert_eq!(labels[label].exists(&key).unwrap(), maps[label].contains_key(&key));
                }
                Operation::Keys(label) => {
                    prop_assert_eq!(keys(&labels[label]), maps[label].keys().cloned().collect::<Vec<_>>());
                }
                Operation::Reopen => {
                    runtime.block_on(stores.close()).unwrap();
                    drop(labels);
                    (stores, labels) = open(dir.path(), durability);
                }
            }
        }
        drop((stores, labels));
        let (_stores, labels) = open(dir.path(), durability);
        for (store, map) in labels.iter().zip(&maps) {
            prop_assert_eq!(keys(store), map.keys().cloned().collect::<Vec<_>>());
            for (key, value) in map {
                prop_assert_eq!(store.get(key).unwrap(), Some(value.clone()));
            }
        }
    }
}
