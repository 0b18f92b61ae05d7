//! Paths and queries: one a line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost_request_syntax::{percent, query, route};

const PATTERN: &str = "/orders/:order_id/events";
const KNOWN: &[&str] = &["limit", "starting_after", "q"];

fuzz_target!(|input: &str| {
    let (path, text) = input.split_once('\n').unwrap_or((input, ""));
    let filled = route::filled(PATTERN, path);
    if let Some(id) = route::parameter(PATTERN, path, "order_id") {
        assert!(!id.is_empty(), "a name of nothing");
        // Its own spelling means the same.
        let mut own = "/orders/".to_owned();
        percent::encode(&id, &mut own);
        own.push_str("/events");
        assert_eq!(route::parameter(PATTERN, &own, "order_id"), Some(id));
        assert_eq!(route::filled(PATTERN, &own), filled);
    }

    if query::check(text, KNOWN).is_ok() {
        for name in KNOWN {
            let _ = query::value(text, name);
        }
        for (name, _) in query::decoded_pairs(text) {
            assert!(KNOWN.contains(&&*name), "{name} was not refused");
        }
    }

    let mut encoded = String::new();
    percent::encode(text, &mut encoded);
    assert_eq!(percent::decode(&encoded).as_deref(), Some(text));
    let mut kept = String::new();
    percent::encode_path(path, &mut kept);
    assert!(kept.is_ascii() && !kept.contains(['<', '>', '"', '\r', '\n']), "{kept} would end a Link");
});
