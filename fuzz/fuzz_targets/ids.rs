//! Ids as they stand in paths and bodies: one text for each, and one id for each text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost_ids::{OrderId, UserId};

fuzz_target!(|text: &str| {
    if let Ok(id) = text.parse::<UserId>() {
        assert_eq!(id.to_string(), text);
        assert!(text.parse::<OrderId>().is_err());
    }
    if let Ok(id) = text.parse::<OrderId>() {
        assert_eq!(id.to_string(), text);
    }
});
