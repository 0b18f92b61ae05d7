//! Headers that say what a client takes, prefers, has seen, and where it is: one a line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost_client_network::network;
use tradepost_idempotency::IdempotencyKey;
use tradepost_request_syntax::accept::{Codings, takes};
use tradepost_request_syntax::if_match::IfMatch;
use tradepost_request_syntax::media_type;
use tradepost_request_syntax::prefer::Wait;
use tradepost_request_syntax::traceparent::Traceparent;

fuzz_target!(|lines: &[u8]| {
    let values: Vec<Vec<u8>> = lines.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let _ = takes(&values, "application/json");
    let _ = Codings::of(&values);
    if let Some(wait) = Wait::preferred(&values) {
        assert!((1..=30).contains(&wait.duration().as_secs()), "{wait:?}");
    }
    for value in &values {
        if let Some(trace) = Traceparent::parse(value) {
            assert_eq!(Traceparent::parse(trace.as_str().as_bytes()), Some(trace));
        }
    }
    for value in values.iter().filter_map(|value| std::str::from_utf8(value).ok()) {
        let _ = media_type::is(value, "application/json");
        if let Some(IfMatch::Versions(versions)) = IfMatch::parse(value) {
            assert!(versions.iter().all(|version| value.contains(&version.to_string())), "{versions:?}");
        }
        if let Ok(key) = value.parse::<IdempotencyKey>() {
            assert!(
                (1..=255).contains(&key.as_str().len())
                    && key.as_str().bytes().all(|byte| byte.is_ascii_graphic())
            );
        }
        for proxies in [0, 1, 2, usize::MAX] {
            let name = network(Some("192.0.2.1"), Some(value), proxies);
            assert!(!name.is_empty() && name.len() <= 64, "{name}");
        }
    }
});
