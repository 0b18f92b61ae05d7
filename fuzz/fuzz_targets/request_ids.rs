//! The client's id for its request, which stands in headers, log lines and JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost_request_id::of_client;

fuzz_target!(|values: Vec<Vec<u8>>| {
    if let Some(id) = of_client(&values) {
        assert!(values.len() == 1 && (1..=128).contains(&id.len()));
        assert!(id.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\<>&'`$%".contains(&byte)));
    }
});
