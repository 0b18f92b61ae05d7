//! The `traceparent` of W3C Trace Context: which trace a request belongs to.

use std::fmt::Write;

/// Length of version 00: `00-<32 hex>-<16 hex>-<2 hex>`.
const LENGTH: usize = 55;

/// A valid `traceparent` of version 00.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traceparent(String);

impl Traceparent {
    /// Reads a header's value; `None` for what the recommendation says to ignore (section 3.2.2): wrong length,
    /// upper-case digits, version `ff`, ids of zeros only.
    ///
    /// A higher version is read as its first four fields and passed on as version 00 with the flag that 00 knows.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let value = std::str::from_utf8(value).ok()?;
        let (known, further) = value.split_at_checked(LENGTH)?;
        let mut fields = known.split('-');
        let [version, trace_id, parent_id, flags] =
            [fields.next()?, fields.next()?, fields.next()?, fields.next()?];
        let well_formed = fields.next().is_none()
            && is_hex(version, 2)
            && is_id(trace_id, 32)
            && is_id(parent_id, 16)
            && is_hex(flags, 2);
        let further_allowed = match version {
            "00" => further.is_empty(),
            "ff" => false,
            _ => further.is_empty() || further.starts_with('-'),
        };
        if !well_formed || !further_allowed {
            return None;
        }
        if version == "00" {
            return Some(Self(known.to_owned()));
        }
        let sampled = u8::from_str_radix(flags, 16).ok()? & 1;
        Some(Self(format!("00-{trace_id}-{parent_id}-{sampled:02x}")))
    }

    /// The start of a trace of our own, not sampled: nothing here records spans.
    ///
    /// `random` holds the trace id (16 bytes) and the parent id (8 bytes).
    pub fn from_random(random: [u8; 24]) -> Self {
        let (trace_id, parent_id) = random.split_at(16);
        let mut text = String::with_capacity(LENGTH);
        text.push_str("00-");
        push_id(&mut text, trace_id);
        text.push('-');
        push_id(&mut text, parent_id);
        text.push_str("-00");
        Self(text)
    }

    /// The header's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Traceparent> for String {
    fn from(traceparent: Traceparent) -> Self {
        traceparent.0
    }
}

/// An id must not be all zeros; one in 2^64 would be, and gets a last digit.
fn push_id(text: &mut String, id: &[u8]) {
    if let Some((last, rest)) = id.split_last() {
        for byte in rest {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        let last = if *last == 0 && rest.iter().all(|byte| *byte == 0) { 1 } else { *last };
        let _ = write!(text, "{last:02x}");
    }
}

fn is_hex(field: &str, length: usize) -> bool {
    field.len() == length && field.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_id(field: &str, length: usize) -> bool {
    is_hex(field, length) && field.bytes().any(|byte| byte != b'0')
}

#[cfg(test)]
mod tests {
    use super::Traceparent;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn parsed(value: &str) -> Option<String> {
        Traceparent::parse(value.as_bytes()).map(String::from)
    }

    #[test]
    fn a_valid_value_is_kept_as_it_is() {
        assert_eq!(parsed(VALID).as_deref(), Some(VALID));
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let expected = Some(VALID);
        let later = VALID.replacen("00-", "cc-", 1);
        assert_eq!(parsed(&later).as_deref(), expected);
        assert_eq!(parsed(&format!("{later}-what-the-future-brings")).as_deref(), expected);
        assert_eq!(parsed(&later.replace("-01", "-03")).as_deref(), expected);
        assert_eq!(parsed(&format!("{later}x")), None);
    }

    #[test]
    fn an_invalid_value_is_ignored() {
        for value in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01",
            "0--4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
        ] {
            assert_eq!(parsed(value), None, "{value}");
        }
        assert_eq!(Traceparent::parse(&[0xff; 55]), None);
    }

    #[test]
    fn one_of_our_own_is_valid_even_when_chance_brings_zeros() {
        for random in [[0; 24], [7; 24], [0xff; 24]] {
            let made = Traceparent::from_random(random);
            assert_eq!(Traceparent::parse(made.as_str().as_bytes()), Some(made));
        }
    }
}
