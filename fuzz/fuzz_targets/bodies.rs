//! The bodies of requests: read as JSON in one way only, and then as what they are to be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tradepost_catalog::NewProduct;
use tradepost_identity::{EmailAddress, NewUser};
use tradepost_input::{canonical_bytes, parse};
use tradepost_ordering::PlaceOrder;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = str::from_utf8(bytes)
        && let Ok(email) = text.parse::<EmailAddress>()
    {
        assert_eq!(email.as_str().parse::<EmailAddress>().unwrap().key(), email.key());
        assert!(!email.as_str().contains(|character: char| character.is_control() || character == ' '));
    }
    let Ok(value) = parse(bytes) else { return };
    // Whoever repeats a request is known by this form, so it must not depend on how often it was read. The last digit of a
    // fraction may, and no request that is taken has one.
    let canonical = canonical_bytes(&value);
    let again = parse(&canonical).expect("what was written can be read");
    assert!(has_fraction(&value) || canonical_bytes(&again) == canonical);
    let _ = NewUser::read(&value);
    let _ = NewProduct::read(&value);
    let _ = PlaceOrder::read(&value);
});

/// Whether a number in it is not read as a whole one: one with a point, an exponent, or too many digits.
fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_fraction),
        Value::Object(members) => members.values().any(has_fraction),
        _ => false,
    }
}
