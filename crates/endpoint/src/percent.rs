//! Percent-decoding, strictly (RFC 3986, section 2.1).

use std::borrow::Cow;

/// The text that `encoded` stands for; `None` when a `%` is not followed by two hexadecimal digits or when the
/// bytes that come out are not UTF-8.
pub(crate) fn decode(encoded: &str) -> Option<Cow<'_, str>> {
    if !encoded.contains('%') {
        return Some(Cow::Borrowed(encoded));
    }
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first != b'%' {
            bytes.push(*first);
            rest = tail;
            continue;
        }
        let [high, low, tail @ ..] = tail else { return None };
        bytes.push((hex_digit(*high)? << 4) | hex_digit(*low)?);
        rest = tail;
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

const fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn well_formed_text_is_decoded() {
        for (encoded, text) in [
            ("", ""),
            ("plain", "plain"),
            ("a%20b", "a b"),
            ("%2f%2F", "//"),
            ("%C3%BC", "ü"),
            ("100%25", "100%"),
        ] {
            assert_eq!(decode(encoded).as_deref(), Some(text), "{encoded}");
        }
    }

    #[test]
    fn text_without_a_percent_sign_is_not_copied() {
        assert!(matches!(decode("user_01h455vb4pex5vsknk084sn02q"), Some(std::borrow::Cow::Borrowed(_))));
    }

    #[test]
    fn malformed_text_stands_for_nothing() {
        for encoded in ["%", "%2", "%zz", "a%2", "%C3", "%ff", "%2 0", "%+1"] {
            assert_eq!(decode(encoded), None, "{encoded}");
        }
    }
}
