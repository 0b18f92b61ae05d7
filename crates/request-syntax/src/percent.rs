//! Percent-decoding, strictly, and encoding (RFC 3986, section 2.1).

use std::borrow::Cow;

/// The text that `encoded` stands for; `None` when a `%` is not followed by two hexadecimal digits or when the
/// bytes that come out are not UTF-8.
pub fn decode(encoded: &str) -> Option<Cow<'_, str>> {
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

/// Appends `text` to `encoded` so that it means nothing but itself, wherever in a URI it stands.
pub fn encode(text: &str, encoded: &mut String) {
    encode_but(text, encoded, |_| false);
}

/// Appends a path, encoded already as clients sent it, and encodes what no path may have. What divides segments and
/// what has been encoded stays.
pub fn encode_path(path: &str, encoded: &mut String) {
    encode_but(path, encoded, |byte| b"/%:@!$&'()*+,;=".contains(&byte));
}

fn encode_but(text: &str, encoded: &mut String, is_kept: impl Fn(u8) -> bool) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| DIGITS.get(usize::from(value & 15)).map_or('0', |digit| char::from(*digit));
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || is_kept(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        for text in ["", "plain-._~", "a b&c=d+e%", "<\"\r\n>", "ü€", "/?#"] {
            let mut encoded = String::new();
            encode(text, &mut encoded);
            assert_eq!(decode(&encoded).as_deref(), Some(text), "{encoded}");
            assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte)));
        }
    }

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
