//! Access tokens, and the key sets that they are verified with. Nobody guesses a signature: what is accepted is the one
//! token that was signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use tradepost_access_token::{KeySet, SigningKey, verify};

static KEYS: LazyLock<KeySet> =
    LazyLock::new(|| KeySet::of([SigningKey::from_seed(&[7; 32]).public().clone()]));

fuzz_target!(|bytes: &[u8]| {
    if let Ok(token) = str::from_utf8(bytes) {
        assert!(verify(token, &KEYS, 1_800_000_000).is_err(), "a forged token is believed: {token}");
    }
    if let Ok(keys) = KeySet::parse(bytes) {
        let again = KeySet::parse(keys.to_json().as_bytes()).expect("what was written can be read");
        assert_eq!(again.keys().len(), keys.keys().len());
    }
});
