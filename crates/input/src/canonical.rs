//! One spelling for each JSON value.

use serde_json::Value;

/// The value as JSON without white space and with the members of objects sorted by name, byte by byte.
///
/// Two bodies that differ only in white space, member order or the escapes of their strings give the same bytes.
/// Numbers keep their kind: `1` and `1.0` differ, which is right for whoever compares requests, because nothing
/// here reads `1.0` as a count. Fractions are those that `serde_json` reads, whose last digit can be off; for a
/// comparison of requests it is enough that equal texts give equal bytes.
///
/// The values that [`parse`](crate::parse) makes are at most 127 levels deep; a deeper one that was built by hand
/// costs stack.
pub fn canonical_bytes(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    write_value(&mut bytes, value);
    bytes
}

fn write_value(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Array(items) => {
            bytes.push(b'[');
            for (index, item) in items.iter().enumerate() {
                separate(bytes, index);
                write_value(bytes, item);
            }
            bytes.push(b']');
        }
        Value::Object(members) => {
            // serde_json sorts by itself unless a crate somewhere in the build asks it to keep the order.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            bytes.push(b'{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                separate(bytes, index);
                write_leaf(bytes, name);
                bytes.push(b':');
                write_value(bytes, member);
            }
            bytes.push(b'}');
        }
        leaf => write_leaf(bytes, leaf),
    }
}

fn separate(bytes: &mut Vec<u8>, index: usize) {
    if index > 0 {
        bytes.push(b',');
    }
}

fn write_leaf(bytes: &mut Vec<u8>, leaf: &(impl serde::Serialize + ?Sized)) {
    // Never an error: a `Vec` takes every byte, and strings, numbers, booleans and null all have a JSON form.
    serde_json::to_writer(bytes, leaf).unwrap_or_default();
}
