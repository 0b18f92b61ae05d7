//! What a label, a key and a value may weigh. Checked before anything is queued, so that an oversized write
//! costs its caller an error and nobody else a long commit.

use crate::Error;

/// Longest key, in bytes of UTF-8: what Spin documents for its key-value store. Spin's own `SQLite` store
/// enforces neither this nor the next limit; we do, because a program that outgrows them would fail on the
/// next runtime.
pub const MAX_KEY_BYTES: usize = 256;

/// Largest value, in bytes: Spin documents "1 megabyte", read here as the larger, binary one.
pub const MAX_VALUE_BYTES: usize = 1024 * 1024;

/// Longest label, in bytes of UTF-8. Labels are written by hand in `spin.toml`; nobody needs more.
pub const MAX_LABEL_BYTES: usize = 256;

pub(crate) fn check_label(label: &str) -> Result<(), Error> {
    if label.is_empty() || label.len() > MAX_LABEL_BYTES {
        return Err(Error::LabelLength { length_bytes: label.len() });
    }
    Ok(())
}

pub(crate) fn check_key(key: &str) -> Result<(), Error> {
    if key.len() > MAX_KEY_BYTES {
        return Err(Error::KeyTooLong { length_bytes: key.len() });
    }
    Ok(())
}

pub(crate) fn check_value(value: &[u8]) -> Result<(), Error> {
    if value.len() > MAX_VALUE_BYTES {
        return Err(Error::ValueTooLarge { length_bytes: value.len() });
    }
    Ok(())
}
