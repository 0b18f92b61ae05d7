//! Bytes that are JSON, and bytes that are not.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{SyntaxFault, parse};

fn fault(text: &str) -> SyntaxFault {
    parse(text.as_bytes()).unwrap_err()
}

#[test]
fn json_is_read_as_serde_json_reads_it() {
    for text in [
        "null",
        " {\"a\": [1, -2, 1.5, true, \"\\u00e9\\n\"], \"b\": {}} \n",
        "[18446744073709551615, -9223372036854775808, 1e3]",
        r#"{"": {"": {"a": 1}, "a": {"a": 2}}}"#,
    ] {
        assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap(), "{text}");
    }
}

#[test]
fn a_syntax_fault_says_where_and_what() {
    let rows = [
        ("", 1, 1, "the body is empty"),
        (" \n ", 1, 1, "the body is empty"),
        ("{", 1, 1, "the body ends too early"),
        ("{\"a\": 1", 1, 7, "the body ends too early"),
        ("{\n  \"a\": 1,\n}", 3, 1, "trailing comma"),
        ("{\"a\" 1}", 1, 6, "expected `:`"),
        ("{'a': 1}", 1, 2, "key must be a string"),
        ("{} x", 1, 4, "trailing characters"),
        ("[01]", 1, 3, "invalid number"),
        ("[1e999]", 1, 6, "number out of range"),
        ("\u{feff}{}", 1, 1, "expected value"),
        ("\"\\ud800\"", 1, 8, "unexpected end of hex escape"),
    ];
    for (text, line, column, detail) in rows {
        let expected = SyntaxFault { line, column, detail: detail.to_owned(), pointer: None };
        assert_eq!(fault(text), expected, "{text:?}");
    }
}

#[test]
fn a_member_given_twice_is_refused_with_its_pointer() {
    let rows = [
        (r#"{"a": 1, "a": 1}"#, "/a"),
        (r#"{"lines": [{}, {"sku": "a", "b": {}, "sku": "b"}]}"#, "/lines/1/sku"),
        (r#"{"a/b": {"~": 1, "~": 2}}"#, "/a~1b/~0"),
        (r#"{"a": 1, "\u0061": 2}"#, "/a"),
        (r#"{"": 1, "": 2}"#, "/"),
    ];
    for (text, pointer) in rows {
        let fault = fault(text);
        assert_eq!(fault.pointer.as_deref(), Some(pointer), "{text}");
        assert_eq!(fault.detail, format!("{pointer} is given twice"));
        assert_eq!(fault.line, 1);
        assert!(fault.column > 1, "{fault:?}");
    }
}

#[test]
fn bytes_that_are_not_utf_8_are_a_fault() {
    for bytes in [&b"\"\xff\""[..], b"\xff", b"{\"a\xc3\": 1}", b"\"\xed\xa0\x80\""] {
        let fault = parse(bytes).unwrap_err();
        assert_eq!(fault.line, 1, "{bytes:?}");
        assert!(!fault.detail.contains(" at line"), "{fault:?}");
    }
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(parse(nested(127).as_bytes()).is_ok());
    assert_eq!(fault(&nested(128)).detail, "recursion limit exceeded");
    assert_eq!(fault(&"[".repeat(262_144)).detail, "recursion limit exceeded");
    assert_eq!(fault(&"{\"a\":".repeat(50_000)).detail, "recursion limit exceeded");
}

/// A text that looks like `serde_json`'s own mark of a place must not be taken for one.
#[test]
fn the_text_of_a_member_does_not_move_the_fault() {
    let fault = fault(r#"{"x at line 7 column 9": 1, "x at line 7 column 9": 2}"#);
    assert_eq!((fault.line, fault.pointer.as_deref()), (1, Some("/x at line 7 column 9")));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), near in "[\\[\\]{}:,\"a01e.\\\\u \\n-]{0,60}") {
        for bytes in [bytes.as_slice(), near.as_bytes()] {
            match (parse(bytes), serde_json::from_slice::<Value>(bytes)) {
                (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours, theirs),
                (Err(fault), Ok(_)) => prop_assert!(fault.pointer.is_some()),
                (Ok(_), Err(_)) => prop_assert!(false, "more was taken than JSON"),
                (Err(fault), Err(_)) => prop_assert!(fault.line >= 1),
            }
        }
    }
}

#[test]
fn a_value_that_was_read_is_the_value_that_was_written() {
    let value = json!({"name": "Ada", "tags": ["a", null, true], "n": {"x": -1, "y": 0.5}});
    assert_eq!(parse(value.to_string().as_bytes()).unwrap(), value);
}
