//! Batches of events, as consumers get them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost_cloudevents::CloudEvent;

fuzz_target!(|bytes: &[u8]| {
    let Ok(events) = serde_json::from_slice::<Vec<CloudEvent>>(bytes) else { return };
    let written = serde_json::to_vec(&events).expect("an event has a JSON form");
    let again: Vec<CloudEvent> = serde_json::from_slice(&written).expect("what was written can be read");
    assert_eq!(again, events);
});
