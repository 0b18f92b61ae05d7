//! Keys as clients send them.

use proptest::prelude::*;

use crate::{Fingerprint, IdempotencyKey, InvalidKey, KEPT_FOR};

fn key(header_value: &str) -> Result<String, InvalidKey> {
    header_value.parse::<IdempotencyKey>().map(|key| key.to_string())
}

#[test]
fn bare_and_quoted_are_the_same_key() {
    let rows = [
        ("8e03978e-40d5-43dd", "8e03978e-40d5-43dd"),
        ("\"8e03978e-40d5-43dd\"", "8e03978e-40d5-43dd"),
        (" \t\"k\" ", "k"),
        (r#""a\"b\\c""#, r#"a"b\c"#),
        (r#"a"b"#, r#"a"b"#),
        (r"a\b", r"a\b"),
        ("!~", "!~"),
    ];
    for (header_value, expected) in rows {
        assert_eq!(key(header_value).as_deref(), Ok(expected), "{header_value}");
    }
}

#[test]
fn what_is_no_key_is_refused() {
    use InvalidKey::{Empty, NotVisible, Quoting, TooLong};
    let rows = [
        ("", Empty),
        (" ", Empty),
        ("\"\"", Empty),
        ("a b", NotVisible),
        ("\"a b\"", NotVisible),
        ("a, b", NotVisible),
        ("a\u{7f}", NotVisible),
        ("é", NotVisible),
        ("\"", Quoting),
        ("\"a", Quoting),
        ("\"a\"b\"", Quoting),
        ("\"a\";p=1", Quoting),
        ("\"a\\\"", Quoting),
        (r#""a\b""#, Quoting),
        (&"k".repeat(256), TooLong),
        (&format!("\"{}\"", "k".repeat(256)), TooLong),
    ];
    for (header_value, error) in rows {
        assert_eq!(key(header_value), Err(error), "{header_value}");
    }
}

#[test]
fn a_key_may_have_255_characters() {
    let longest = "k".repeat(255);
    assert_eq!(key(&longest).as_deref(), Ok(longest.as_str()));
    assert_eq!(key(&format!("\"{longest}\"")).as_deref(), Ok(longest.as_str()));
}

/// FIPS 180-2, appendix B.1.
#[test]
fn the_fingerprint_is_sha_256() {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(format!("{:?}", Fingerprint::of(b"abc")), abc);
    assert_eq!(Fingerprint::of(b"abc").as_bytes()[..2], [0xba, 0x78]);
    assert_ne!(Fingerprint::of(b"abc"), Fingerprint::of(b"abd"));
}

#[test]
fn answers_are_kept_for_a_day() {
    assert_eq!(KEPT_FOR.as_secs(), 86_400);
}

proptest! {
    #[test]
    fn every_visible_key_survives_quoting(text in "[!-~]{1,255}") {
        let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let read = key(&quoted);
        prop_assert_eq!(read.as_deref(), Ok(text.as_str()));
    }

    #[test]
    fn no_header_makes_it_panic(text in any::<String>(), near in "[\"\\\\a ]{0,10}") {
        let _ = key(&text);
        let _ = key(&near);
    }
}
