//! Bodies of requests.

use proptest::prelude::*;
use serde_json::{Value, json};
use tradepost_input::{code, parse};

use crate::{PlaceOrder, Quantity};

fn faults(body: &Value) -> Vec<(String, &'static str)> {
    let faults = PlaceOrder::read(body).err().unwrap_or_default();
    faults.iter().map(|fault| (fault.pointer.clone(), fault.code)).collect()
}

/// The faults of an order of one tea with this field added.
fn faults_with(field: &str, value: Value) -> Vec<(String, &'static str)> {
    let mut body = json!({"lines": [{"sku": "tea", "quantity": 1}]});
    body[field] = value;
    faults(&body)
}

fn at(pointer: &str, code: &'static str) -> Vec<(String, &'static str)> {
    vec![(pointer.to_owned(), code)]
}

fn lines(body: &Value) -> Vec<(String, u32, usize)> {
    let order = PlaceOrder::read(body).unwrap();
    let line = |line: &crate::RequestedLine| (line.sku.to_string(), line.quantity.get(), line.line_index);
    order.lines().iter().map(line).collect()
}

#[test]
fn lines_of_one_sku_are_added_up_in_the_order_of_first_mention() {
    let body = json!({"lines": [
        {"sku": "tea", "quantity": 1},
        {"sku": "pot", "quantity": 5},
        {"sku": "tea", "quantity": 2},
        {"sku": "TEA", "quantity": 1},
        {"sku": "tea", "quantity": 4},
    ]});
    let expected = [("tea".to_owned(), 7, 0), ("pot".to_owned(), 5, 1), ("TEA".to_owned(), 1, 3)];
    assert_eq!(lines(&body), expected);
    assert_eq!(PlaceOrder::read(&body).unwrap().skus().collect::<Vec<_>>(), ["tea", "pot", "TEA"]);
}

#[test]
fn the_line_that_makes_a_sum_too_large_is_the_one_at_fault() {
    let line = |quantity: u32| json!({"sku": "tea", "quantity": quantity});
    assert_eq!(faults(&json!({"lines": [line(999_999), line(1)]})), []);
    let found = faults(&json!({"lines": [line(999_999), line(1), line(1)]}));
    assert_eq!(found, at("/lines/2/quantity", code::OUT_OF_RANGE));
}

#[test]
fn quantities_are_1_to_a_million() {
    for quantity in [1, Quantity::MOST] {
        assert_eq!(faults(&json!({"lines": [{"sku": "tea", "quantity": quantity}]})), []);
    }
    let rows = [
        (json!(0), code::OUT_OF_RANGE),
        (json!(-1), code::OUT_OF_RANGE),
        (json!(1_000_001), code::OUT_OF_RANGE),
        (json!(4_294_967_297_i64), code::OUT_OF_RANGE),
        (json!(u64::MAX), code::OUT_OF_RANGE),
        (json!(1.5), code::WRONG_TYPE),
        (json!("1"), code::WRONG_TYPE),
        (json!(null), code::REQUIRED),
    ];
    for (quantity, code) in rows {
        let body = json!({"lines": [{"sku": "tea", "quantity": quantity}]});
        assert_eq!(faults(&body), at("/lines/0/quantity", code), "{body}");
    }
}

#[test]
fn an_order_has_1_to_1000_lines() {
    let body = |count: usize| {
        let lines = (0..count).map(|n| json!({"sku": n.to_string(), "quantity": 1}));
        json!({"lines": lines.collect::<Vec<_>>()})
    };
    assert_eq!(faults(&body(1_000)), []);
    assert_eq!(faults(&body(1_001)), at("/lines", code::TOO_LONG));
    assert_eq!(faults(&body(0)), at("/lines", code::TOO_SHORT));
    assert_eq!(faults(&json!({})), at("/lines", code::REQUIRED));
}

#[test]
fn every_fault_of_every_line_is_told() {
    let body = json!({
        "lines": [{"sku": "tea", "quantity": 0}, {"quantity": 1, "price": 1}, 7],
        "email": "nope",
        "coupon": "X",
    });
    let expected = [
        ("/lines/0/quantity".to_owned(), code::OUT_OF_RANGE),
        ("/lines/1/sku".to_owned(), code::REQUIRED),
        ("/lines/1/price".to_owned(), code::UNKNOWN_FIELD),
        ("/lines/2".to_owned(), code::WRONG_TYPE),
        ("/email".to_owned(), code::INVALID),
        ("/coupon".to_owned(), code::UNKNOWN_FIELD),
    ];
    assert_eq!(faults(&body), expected);
}

#[test]
fn a_payment_method_is_a_visible_token() {
    let rows = [
        ("tok_ok".to_owned(), None),
        ("t".repeat(255), None),
        ("t".repeat(256), Some(code::TOO_LONG)),
        (String::new(), Some(code::REQUIRED)),
        ("tok ok".to_owned(), Some(code::INVALID)),
        ("tök".to_owned(), Some(code::INVALID)),
    ];
    for (token, code) in rows {
        let expected = code.map_or(vec![], |code| at("/payment_method", code));
        assert_eq!(faults_with("payment_method", json!(token)), expected, "{token:?}");
    }
}

#[test]
fn a_payment_method_does_not_show_in_logs() {
    let body = json!({"lines": [{"sku": "tea", "quantity": 1}], "payment_method": "tok_ok"});
    let request = PlaceOrder::read(&body).unwrap();
    assert!(!format!("{request:?}").contains("tok_ok"));
    let events = super::place(request, &[super::price("tea", 1, "USD")]).unwrap();
    assert!(!format!("{events:?}").contains("tok_ok"));
    assert!(events[0].to_data_json().unwrap().contains("tok_ok"));
}

#[test]
fn a_shipping_address_names_a_place_in_a_country() {
    let good = json!({"line1": " 1 Main St ", "city": "Springfield", "postal_code": "1234", "country": "US"});
    assert_eq!(faults_with("shipping_address", good.clone()), []);
    let rows = [
        ("line1", json!(null), "/shipping_address/line1", code::REQUIRED),
        ("line1", json!(" "), "/shipping_address/line1", code::REQUIRED),
        ("line1", json!("1 Main St\nFlat 2"), "/shipping_address/line1", code::INVALID),
        ("line2", json!("é".repeat(201)), "/shipping_address/line2", code::TOO_LONG),
        ("name", json!(""), "/shipping_address/name", code::REQUIRED),
        ("city", json!("é".repeat(101)), "/shipping_address/city", code::TOO_LONG),
        ("postal_code", json!(1234), "/shipping_address/postal_code", code::WRONG_TYPE),
        ("postal_code", json!("1".repeat(21)), "/shipping_address/postal_code", code::TOO_LONG),
        ("country", json!("us"), "/shipping_address/country", code::INVALID),
        ("country", json!("USA"), "/shipping_address/country", code::INVALID),
        ("country", json!("ZZ"), "/shipping_address/country", code::INVALID),
        ("country", json!("S "), "/shipping_address/country", code::INVALID),
        ("planet", json!("Mars"), "/shipping_address/planet", code::UNKNOWN_FIELD),
    ];
    for (field, value, pointer, code) in rows {
        let mut address = good.clone();
        address[field] = value;
        assert_eq!(faults_with("shipping_address", address), at(pointer, code), "{field}");
    }
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(text in "[\\[\\]{}:,\"a01 .-]{0,40}", sku in any::<String>(), quantity in any::<i64>()) {
        if let Ok(value) = parse(text.as_bytes()) {
            let _ = PlaceOrder::read(&value);
            for field in ["lines", "payment_method", "email", "shipping_address"] {
                let _ = faults_with(field, value.clone());
            }
        }
        let _ = faults(&json!({"lines": [{"sku": sku, "quantity": quantity}]}));
    }
}
