//! The one spelling of a value.

use proptest::prelude::*;
use serde_json::Value;

use crate::{canonical_bytes, parse};

fn canonical(text: &str) -> String {
    String::from_utf8(canonical_bytes(&parse(text.as_bytes()).unwrap())).unwrap()
}

#[test]
fn white_space_order_and_escapes_do_not_matter() {
    let expected = r#"{"B":"é\n","a":[1,{"x":null,"y":true}],"aa":-2}"#;
    for text in [
        r#"{"a":[1,{"x":null,"y":true}],"aa":-2,"B":"é\n"}"#,
        " { \"B\" : \"\\u00e9\\u000a\" ,\n\"aa\" : -2, \"a\" : [ 1 , { \"y\" : true, \"x\" : null } ] } ",
    ] {
        assert_eq!(canonical(text), expected);
    }
}

#[test]
fn what_differs_in_meaning_differs_in_bytes() {
    let texts = [
        "1",
        "1.0",
        "\"1\"",
        "[1]",
        "[]",
        "{}",
        "null",
        "[1,2]",
        "[2,1]",
        "[12]",
        r#"{"a":1}"#,
        r#"{"a":[1]}"#,
    ];
    for (index, a) in texts.iter().enumerate() {
        for b in texts.iter().skip(index + 1) {
            assert_ne!(canonical(a), canonical(b));
        }
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Halves: serde_json reads the last digits of arbitrary fractions inexactly, and nothing here needs them.
        any::<i32>().prop_map(|halves| Value::from(f64::from(halves) / 2.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_spelling_is_json_of_the_same_value_and_stays_what_it_is(value in any_value()) {
        let bytes = canonical_bytes(&value);
        let again = parse(&bytes).unwrap();
        prop_assert_eq!(canonical_bytes(&again), bytes);
        prop_assert_eq!(again, value);
    }
}
