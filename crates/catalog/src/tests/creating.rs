//! Products as sellers send them.

use proptest::prelude::*;
use serde_json::{Value, json};
use tradepost_ids::ProductId;
use tradepost_input::{code, parse};
use uuid::Uuid;

use super::{product, tea};
use crate::{MOST_PRICE_MINOR_UNITS, NewProduct, Sku};

/// The faults of a tea that is good but for one field.
fn faults(field: &str, value: Value) -> Vec<(String, &'static str)> {
    let mut body = tea();
    body[field] = value;
    let faults = NewProduct::read(&body).err().unwrap_or_default();
    faults.iter().map(|fault| (fault.pointer.clone(), fault.code)).collect()
}

fn at(pointer: &str, code: &'static str) -> Vec<(String, &'static str)> {
    vec![(pointer.to_owned(), code)]
}

#[test]
fn a_product_needs_a_sku_a_name_and_a_price() {
    let product = NewProduct::read(&tea()).unwrap();
    assert_eq!(product.sku.as_str(), "tea-1");
    assert_eq!(product.price.amount(), 1999);
    assert!(product.active);
    assert_eq!((product.description, product.categories.len(), product.attributes.len()), (None, 0, 0));
    let faults = NewProduct::read(&json!({})).unwrap_err();
    assert_eq!(faults.to_string(), "SKU is required; Name is required; Price is required");
}

#[test]
fn a_created_product_looks_like_this() {
    let body = &json!({
        "sku": "tea-1", "name": " Tea ", "description": "Green.\nLoose.", "active": false,
        "price": {"amount": 0, "currency": "JPY"}, "categories": ["tea", "Tea"],
        "attributes": {"origin": "Uji", "a": ""},
    });
    let product = product(body);
    assert_eq!(product.id, ProductId::from_uuid(Uuid::nil()));
    let expected = concat!(
        r#"{"id":"product_00000000000000000000000000","sku":"tea-1","name":"Tea","#,
        r#""description":"Green.\nLoose.","price":{"amount":0,"currency":"JPY"},"#,
        r#""categories":["tea","Tea"],"attributes":{"a":"","origin":"Uji"},"active":false,"#,
        r#""created_at":"1970-01-01T00:00:00.000000Z","version":1}"#,
    );
    assert_eq!(serde_json::to_string(&product).unwrap(), expected);
}

#[test]
fn skus_have_the_characters_of_a_path() {
    let longest = "S".repeat(64);
    for sku in ["a", "TEA-1_green.v2", "0", "a.", "...", &longest] {
        assert_eq!(faults("sku", json!(sku)), [], "{sku}");
    }
    for sku in [" tea", "tea ", "t ea", "tea/1", "tée", "tea\n", "tea%20", ".", ".."] {
        assert_eq!(faults("sku", json!(sku)), at("/sku", code::INVALID), "{sku:?}");
    }
    assert_eq!(faults("sku", json!("S".repeat(65))), at("/sku", code::TOO_LONG));
    assert_eq!(faults("sku", json!("")), at("/sku", code::REQUIRED));
    assert_ne!("tea".parse::<Sku>(), "TEA".parse::<Sku>());
}

#[test]
fn prices_are_whole_minor_units_of_a_currency() {
    let price = |amount: Value, currency: &str| json!({"amount": amount, "currency": currency});
    assert_eq!(faults("price", price(json!(0), "USD")), []);
    assert_eq!(faults("price", price(json!(MOST_PRICE_MINOR_UNITS), "USD")), []);
    let rows = [
        (price(json!(-1), "USD"), "/price/amount", code::OUT_OF_RANGE),
        (price(json!(MOST_PRICE_MINOR_UNITS + 1), "USD"), "/price/amount", code::OUT_OF_RANGE),
        (price(json!(19.99), "USD"), "/price/amount", code::WRONG_TYPE),
        (price(json!("19"), "USD"), "/price/amount", code::WRONG_TYPE),
        (price(json!(1), "usd"), "/price/currency", code::INVALID),
        (price(json!(1), "XAU"), "/price/currency", code::INVALID),
        (json!({"amount": 1}), "/price/currency", code::REQUIRED),
        (json!({"amount": 1, "currency": "USD", "tax": 1}), "/price/tax", code::UNKNOWN_FIELD),
        (json!(1999), "/price", code::WRONG_TYPE),
    ];
    for (price, pointer, code) in rows {
        assert_eq!(faults("price", price.clone()), at(pointer, code), "{price}");
    }
}

#[test]
fn texts_and_lists_are_bounded() {
    let names = |count: usize| -> Value { (0..count).map(|n| n.to_string()).collect::<Vec<_>>().into() };
    let map =
        |count: usize| -> Value { Value::Object((0..count).map(|n| (n.to_string(), json!(""))).collect()) };
    let rows = [
        ("name", json!("é".repeat(200)), None),
        ("name", json!("é".repeat(201)), Some(("/name", code::TOO_LONG))),
        ("name", json!(" "), Some(("/name", code::REQUIRED))),
        ("description", json!("é".repeat(10_000)), None),
        ("description", json!("é".repeat(10_001)), Some(("/description", code::TOO_LONG))),
        ("description", json!("a\0"), Some(("/description", code::INVALID))),
        ("categories", names(20), None),
        ("categories", names(21), Some(("/categories", code::TOO_LONG))),
        ("categories", json!(["a", "b", " a "]), Some(("/categories/2", code::DUPLICATE))),
        ("categories", json!([""]), Some(("/categories/0", code::REQUIRED))),
        ("categories", json!(["é".repeat(65)]), Some(("/categories/0", code::TOO_LONG))),
        ("attributes", map(50), None),
        ("attributes", map(51), Some(("/attributes", code::TOO_LONG))),
        ("attributes", json!({"a/b": 1}), Some(("/attributes/a~1b", code::WRONG_TYPE))),
        ("attributes", json!({"": "x"}), Some(("/attributes/", code::INVALID))),
        ("attributes", json!({"a": "v".repeat(1_000)}), None),
        ("attributes", json!({"a": "v".repeat(1_001)}), Some(("/attributes/a", code::TOO_LONG))),
        ("active", json!("yes"), Some(("/active", code::WRONG_TYPE))),
        ("active", json!(null), None),
        ("stock", json!(5), Some(("/stock", code::UNKNOWN_FIELD))),
    ];
    for (field, value, expected) in rows {
        let expected = expected.map_or(vec![], |(pointer, code)| at(pointer, code));
        assert_eq!(faults(field, value), expected, "{field}");
    }
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(text in "[\\[\\]{}:,\"a01 .-]{0,40}", sku in any::<String>()) {
        if let Ok(body) = parse(text.as_bytes()) {
            for field in ["sku", "name", "description", "price", "categories", "attributes", "active"] {
                let _ = faults(field, body.clone());
            }
            let _ = NewProduct::read(&body);
        }
        let _ = sku.parse::<Sku>();
    }
}
