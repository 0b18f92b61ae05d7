//! Values read field by field.

use std::str::FromStr;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{Fault, Faulted, Faults, Field, Invalid, code, parse, read};

fn field(value: impl Into<Value>) -> Value {
    json!({ "field": value.into() })
}

/// What is found when `read_field` reads the one field of `body`.
fn found<'v, T>(
    body: &'v Value,
    read_field: impl FnOnce(Field<'v>) -> Result<T, Faulted>,
) -> Vec<(String, &'static str)> {
    let faults = read(body, |o| o.required("field", |field| read_field(field).map(|_| ()))).err();
    places(&faults.unwrap_or_default())
}

fn places(faults: &Faults) -> Vec<(String, &'static str)> {
    faults.iter().map(|fault| (fault.pointer.clone(), fault.code)).collect()
}

fn at_field(code: &'static str) -> Vec<(String, &'static str)> {
    vec![("/field".to_owned(), code)]
}

#[test]
fn every_fault_is_found_and_says_what_to_change() {
    let body = json!({"postal_code": 7, "sku": null, "quantity": 0, "tags": ["a", 1, "b", null], "a/b~c": 1});
    let faults = read(&body, |o| {
        let sku = o.required("sku", Field::string);
        let name = o.required("name", Field::string);
        let postal_code = o.required("postal_code", Field::string);
        let quantity = o.required("quantity", |field| field.integer_in(1..=10));
        let tags = o.required("tags", |field| field.array(0..=10, Field::string));
        Ok((sku?, name?, postal_code?, quantity?, tags?))
    })
    .unwrap_err();
    let fault = |pointer: &str, code, detail: &str| Fault {
        pointer: pointer.to_owned(),
        code,
        detail: detail.to_owned(),
    };
    let expected = [
        fault("/sku", code::REQUIRED, "SKU is required"),
        fault("/name", code::REQUIRED, "Name is required"),
        fault("/postal_code", code::WRONG_TYPE, "Postal code must be a string"),
        fault("/quantity", code::OUT_OF_RANGE, "Quantity must be between 1 and 10"),
        fault("/tags/1", code::WRONG_TYPE, "/tags/1 must be a string"),
        fault("/tags/3", code::WRONG_TYPE, "/tags/3 must be a string"),
        fault("/a~1b~0c", code::UNKNOWN_FIELD, "`a/b~c` is not a field here"),
    ];
    assert_eq!(faults.iter().cloned().collect::<Vec<_>>(), expected);
}

#[test]
fn integers_are_whole_numbers_of_64_bits() {
    for good in ["0", "-1", "9223372036854775807", "-9223372036854775808"] {
        assert_eq!(found(&field(parse(good.as_bytes()).unwrap()), Field::integer), [], "{good}");
    }
    let rows = [
        ("1.5", code::WRONG_TYPE),
        ("1.0", code::WRONG_TYPE),
        ("1e3", code::WRONG_TYPE),
        ("-0.0", code::WRONG_TYPE),
        ("99999999999999999999", code::WRONG_TYPE),
        ("\"1\"", code::WRONG_TYPE),
        ("true", code::WRONG_TYPE),
        ("[]", code::WRONG_TYPE),
        ("9223372036854775808", code::OUT_OF_RANGE),
        ("18446744073709551615", code::OUT_OF_RANGE),
    ];
    for (text, code) in rows {
        assert_eq!(found(&field(parse(text.as_bytes()).unwrap()), Field::integer), at_field(code), "{text}");
    }
}

#[test]
fn ranges_include_both_ends() {
    for (number, code) in [(0, Some(code::OUT_OF_RANGE)), (1, None), (5, None), (6, Some(code::OUT_OF_RANGE))]
    {
        let found = found(&field(json!(number)), |field| field.integer_in(1..=5));
        assert_eq!(found, code.map_or(vec![], at_field), "{number}");
    }
    let huge = json!(u64::MAX);
    assert_eq!(found(&field(huge), |field| field.integer_in(1..=5)), at_field(code::OUT_OF_RANGE));
    assert_eq!(found(&field(json!(2.5)), |field| field.integer_in(1..=5)), at_field(code::WRONG_TYPE));
}

#[test]
fn each_type_refuses_the_others() {
    let values = [json!("a"), json!(1), json!(true), json!({}), json!([])];
    for (index, value) in values.into_iter().enumerate() {
        let refusals = [
            found(&field(value.clone()), Field::string),
            found(&field(value.clone()), Field::integer),
            found(&field(value.clone()), Field::boolean),
            found(&field(value.clone()), |field| field.object(|_| Ok(()))),
            found(&field(value.clone()), |field| field.array(0..=1, |_| Ok(()))),
        ];
        for (reader, refusal) in refusals.into_iter().enumerate() {
            let expected = if reader == index { vec![] } else { at_field(code::WRONG_TYPE) };
            assert_eq!(refusal, expected, "reader {reader} of {value}");
        }
    }
    assert_eq!(found(&field(json!([])), |field| field.map(0..=1, |_, _| Ok(()))), at_field(code::WRONG_TYPE));
}

#[test]
fn lengths_are_counted_in_characters_items_and_entries() {
    let rows = [("", Some(code::TOO_SHORT)), ("é", None), ("éé", None), ("ééé", Some(code::TOO_LONG))];
    for (text, code) in rows {
        let body = field(text);
        let found = found(&body, |field| field.string_of(1..=2));
        assert_eq!(found, code.map_or(vec![], at_field), "{text}");
    }
    let rows =
        [(json!([]), Some(code::TOO_SHORT)), (json!([1]), None), (json!([1, 2, 3]), Some(code::TOO_LONG))];
    for (items, code) in rows {
        let found = found(&field(items.clone()), |field| field.array(1..=2, Field::integer));
        assert_eq!(found, code.map_or(vec![], at_field), "{items}");
    }
    let entries = json!({"a": 1, "b": 2});
    assert_eq!(
        found(&field(entries.clone()), |field| field.map(0..=1, |_, v| v.integer())),
        at_field(code::TOO_LONG)
    );
    assert_eq!(found(&field(entries), |field| field.map(0..=2, |_, v| v.integer())), []);
}

#[test]
fn one_line_is_trimmed_and_has_no_control_characters() {
    let body = json!({"name": "  Ada \n"});
    assert_eq!(read(&body, |o| o.required("name", |field| field.line(3))), Ok("Ada"));
    let rows = [
        (" ", code::REQUIRED),
        ("A\tda", code::INVALID),
        ("A\u{85}a", code::INVALID),
        ("Adaa", code::TOO_LONG),
    ];
    for (text, code) in rows {
        assert_eq!(found(&field(json!(text)), |field| field.line(3)), at_field(code), "{text:?}");
    }
}

#[test]
fn a_character_that_postgres_cannot_store_is_refused() {
    assert_eq!(found(&field(json!("a\0")), Field::string), at_field(code::INVALID));
    let entries =
        found(&field(json!({"a\0": "b", "c": "\0", "d": "e"})), |field| field.map(0..=9, |_, v| v.string()));
    assert_eq!(entries, [("/field/a\0".to_owned(), code::INVALID), ("/field/c".to_owned(), code::INVALID)]);
}

#[test]
fn null_is_the_same_as_absent() {
    let body = json!({"a": null});
    let value = read(&body, |o| Ok((o.optional("a", Field::string)?, o.optional("b", Field::string)?)));
    assert_eq!(value, Ok((None, None)));
    let faults = read(&body, |o| o.required("a", Field::string)).unwrap_err();
    assert_eq!(places(&faults), [("/a".to_owned(), code::REQUIRED)]);
}

#[test]
fn an_optional_field_that_is_wrong_is_no_less_wrong() {
    let faults = read(&json!({"a": 1}), |o| o.optional("a", Field::string).map(|_| ())).unwrap_err();
    assert_eq!(places(&faults), [("/a".to_owned(), code::WRONG_TYPE)]);
}

#[test]
fn nested_objects_know_where_they_are() {
    let body = json!({"lines": [{"sku": "a"}, {"sku": 1, "x": {"y": 2}}], "address": {"zip": "1"}});
    let faults = read(&body, |o| {
        let lines = o.required("lines", |field| {
            field.array(1..=9, |item| item.object(|line| line.required("sku", Field::string)))
        });
        let address = o.required("address", |field| {
            field.object(|address| {
                address.optional("zip", Field::string)?;
                Err::<(), _>(address.fault("city", code::INVALID, "No such city there"))
            })
        });
        Ok((lines?, address?))
    })
    .unwrap_err();
    let expected = [
        ("/lines/1/sku".to_owned(), code::WRONG_TYPE),
        ("/lines/1/x".to_owned(), code::UNKNOWN_FIELD),
        ("/address/city".to_owned(), code::INVALID),
    ];
    assert_eq!(places(&faults), expected);
}

#[test]
fn a_body_that_is_no_object_is_one_fault_at_the_root() {
    for body in [json!([]), json!("a"), json!(1), Value::Null] {
        let faults = read(&body, |o| o.required("a", Field::string).map(|_| ())).unwrap_err();
        assert_eq!(places(&faults), [(String::new(), code::WRONG_TYPE)], "{body}");
        assert_eq!(faults.to_string(), "The body must be an object");
    }
}

#[test]
fn an_unknown_field_spoils_an_otherwise_good_object() {
    let faults = read(&json!({"a": "x", "b": 1, "c": null}), |o| o.required("a", Field::string)).unwrap_err();
    let expected = [("/b".to_owned(), code::UNKNOWN_FIELD), ("/c".to_owned(), code::UNKNOWN_FIELD)];
    assert_eq!(places(&faults), expected);
}

#[test]
fn a_type_of_the_rules_says_itself_why_it_refuses() {
    #[derive(Debug, PartialEq)]
    struct Even(i64);
    impl FromStr for Even {
        type Err = Invalid;
        fn from_str(text: &str) -> Result<Self, Invalid> {
            text.parse()
                .ok()
                .filter(|n| n % 2 == 0)
                .map(Self)
                .ok_or_else(|| Invalid::new("odd", "Must be even"))
        }
    }
    let body = json!({"n": "4"});
    assert_eq!(read(&body, |o| o.required("n", Field::parse::<Even>)), Ok(Even(4)));
    assert_eq!(found(&field(json!("3")), Field::parse::<Even>), at_field("odd"));
    assert_eq!(found(&field(json!(4)), Field::parse::<Even>), at_field(code::WRONG_TYPE));
    assert_eq!(
        found(&field(json!(3)), |field| field.integer_with(|_| Err::<(), _>(Invalid::new("odd", "x")))),
        at_field("odd")
    );
}

#[test]
fn the_faults_read_as_one_sentence() {
    let faults = |details: &[&str]| -> Faults {
        let fault = |detail: &&str| Fault { pointer: String::new(), code: "x", detail: (*detail).to_owned() };
        details.iter().map(fault).collect()
    };
    assert_eq!(faults(&["Name is required"]).to_string(), "Name is required");
    assert_eq!(
        faults(&["Name is required", "Email looks invalid"]).to_string(),
        "Name is required; Email looks invalid"
    );
    assert_eq!(faults(&["a", "b", "c", "d", "e"]).to_string(), "a; b; c; d; e");
    assert_eq!(faults(&["a", "b", "c", "d", "e", "f", "g"]).to_string(), "a; b; c; d; e; and 2 more");
}

#[test]
fn noise_does_not_make_the_answer_larger_than_the_question() {
    let members: serde_json::Map<String, Value> = (0..40_000).map(|n| (n.to_string(), json!(0))).collect();
    let faults = read(&Value::Object(members), |_| Ok(())).unwrap_err();
    assert_eq!(faults.len(), Faults::MOST);
}

proptest! {
    #[test]
    fn pointers_find_what_they_point_at(name in any::<String>(), index in 0..3_usize) {
        let body = json!({"known": {name.as_str(): [0, 0, 0]}});
        let read_array = |field: Field<'_>| {
            let mut position = 0;
            field.array(0..=3, |item| {
                position += 1;
                if position == index + 1 { Err(item.fault("here", "x")) } else { item.integer() }
            })
        };
        let result = read(&body, |o| o.required("known", |known| known.map(0..=1, |_, field| read_array(field))));
        let faults = result.unwrap_err();
        let pointer = &faults.iter().next().unwrap().pointer;
        if !name.contains('\0') {
            prop_assert_eq!(body.pointer(pointer), body.pointer("/known").unwrap().get(&name).unwrap().get(index));
            prop_assert!(body.pointer(pointer).is_some());
        }
    }

    #[test]
    fn no_value_makes_a_reader_panic(text in "[\\[\\]{}:,\"ab01 .-]{0,40}") {
        if let Ok(body) = parse(text.as_bytes()) {
            let _ = read(&body, |o| {
                let a = o.optional("a", |field| field.array(0..=2, |item| item.integer_in(0..=9)));
                let b = o.optional("b", |field| field.map(1..=2, |_, value| value.line(2)));
                Ok((a?, b?))
            });
        }
    }
}
