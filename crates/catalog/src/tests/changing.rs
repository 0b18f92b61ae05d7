//! Merge patches of products.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tradepost_input::code;
use tradepost_money::Money;

use super::{NOON, product, tea};
use crate::{Changes, Command, Product, Standing, decide};

fn rich_tea() -> Product {
    let mut body = tea();
    body["description"] = json!("Green.");
    body["categories"] = json!(["tea", "new"]);
    body["attributes"] = json!({"a": "b"});
    product(&body)
}

fn money(amount: i64, currency: &str) -> Money {
    Money::new(amount, currency.parse().unwrap())
}

/// The product after `patch`.
fn patched(product: &Product, patch: &Value) -> Product {
    let changes = Changes::read(patch, product).unwrap();
    let events = decide(&Standing::Listed(product.clone()), Command::Change(changes), NOON).unwrap();
    events.into_iter().last().map_or_else(|| product.clone(), crate::ProductEvent::into_product)
}

fn faults(patch: &Value) -> Vec<(String, &'static str)> {
    let faults = Changes::read(patch, &rich_tea()).err().unwrap_or_default();
    faults.iter().map(|fault| (fault.pointer.clone(), fault.code)).collect()
}

#[test]
fn what_a_patch_does_not_name_stays() {
    assert_eq!(Changes::read(&json!({}), &rich_tea()), Ok(Changes::default()));
    assert_eq!(patched(&rich_tea(), &json!({})), rich_tea());
    let renamed = patched(&rich_tea(), &json!({"name": " Green tea "}));
    assert_eq!(renamed, Product { name: "Green tea".to_owned(), version: 2, ..rich_tea() });
}

#[test]
fn null_takes_away_what_a_product_can_be_without() {
    let bare = patched(&rich_tea(), &json!({"description": null, "categories": null, "attributes": null}));
    assert_eq!((bare.description, bare.categories.len(), bare.attributes.len()), (None, 0, 0));
}

#[test]
fn a_price_is_patched_member_by_member() {
    assert_eq!(patched(&rich_tea(), &json!({"price": {"amount": 5}})).price, money(5, "USD"));
    assert_eq!(patched(&rich_tea(), &json!({"price": {"currency": "JPY"}})).price, money(1999, "JPY"));
}

/// RFC 7396, appendix A, as far as attributes can be what it has there.
#[test]
fn attributes_are_patched_as_the_rfc_has_it() {
    let rows = [
        (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
        (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
        (json!({"a": "b"}), json!({"a": null}), json!({})),
        (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
        (json!({"a": "foo"}), json!(null), json!({})),
        (json!({}), json!({"a": null}), json!({})),
    ];
    for (original, patch, result) in rows {
        let mut body = tea();
        body["attributes"] = original.clone();
        let patched = patched(&product(&body), &json!({"attributes": patch}));
        assert_eq!(json!(patched.attributes), result, "{original} with {patch}");
    }
    for patch in
        [json!("bar"), json!(["c"]), json!({"a": ["b"]}), json!({"a": {"bb": null}}), json!({"a": 1})]
    {
        let [(pointer, code)] = &faults(&json!({"attributes": patch}))[..] else { panic!("{patch}") };
        assert!(pointer.starts_with("/attributes"), "{pointer}");
        assert_eq!(*code, code::WRONG_TYPE, "{patch}");
    }
}

#[test]
fn every_fault_of_a_patch_is_told_with_its_pointer() {
    let rows = [
        (json!({"name": null}), "/name", code::REQUIRED),
        (json!({"name": ""}), "/name", code::REQUIRED),
        (json!({"price": null}), "/price", code::REQUIRED),
        (json!({"price": {"currency": null}}), "/price/currency", code::REQUIRED),
        (json!({"price": {"tax": null}}), "/price/tax", code::UNKNOWN_FIELD),
        (json!({"price": {"amount": 9_223_372_036_854_775_808_u64}}), "/price/amount", code::OUT_OF_RANGE),
        (json!({"active": null}), "/active", code::REQUIRED),
        (json!({"sku": "tea-1"}), "/sku", code::INVALID),
        (json!({"sku": null}), "/sku", code::REQUIRED),
        (json!({"colour": "green"}), "/colour", code::UNKNOWN_FIELD),
        (json!({"colour": null}), "/colour", code::UNKNOWN_FIELD),
        (json!({"id": "product_00000000000000000000000000"}), "/id", code::UNKNOWN_FIELD),
        (json!({"categories": ["x".repeat(10_000)]}), "/categories/0", code::TOO_LONG),
        (json!([]), "", code::WRONG_TYPE),
        (json!(null), "", code::WRONG_TYPE),
    ];
    for (patch, pointer, code) in rows {
        assert_eq!(faults(&patch), [(pointer.to_owned(), code)], "{patch}");
    }
    let many = faults(&json!({"name": 1, "price": {"amount": -1}, "colour": 2, "sku": "x"}));
    let pointers: Vec<_> = many.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/sku", "/name", "/price/amount", "/colour"]);
}

#[test]
fn what_is_there_is_not_judged_by_todays_rules() {
    let old = Product { name: "x".repeat(900), ..rich_tea() };
    assert_eq!(patched(&old, &json!({"active": false})), Product { active: false, version: 2, ..old });
}

/// The algorithm of RFC 7396, section 2, word by word.
fn merge_patch(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut target = if let Value::Object(target) = target { target } else { Map::new() };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            let member = target.remove(name).unwrap_or(Value::Null);
            target.insert(name.clone(), merge_patch(member, value));
        }
    }
    Value::Object(target)
}

fn some_patch() -> impl Strategy<Value = Value> {
    let text = || "[a-c]{1,3}";
    let texts = proptest::collection::btree_set(text(), 0..4);
    let attributes = proptest::collection::btree_map("[a-c]", proptest::option::of(text()), 0..4);
    let price = proptest::option::of(0..5_i64).prop_map(|amount| match amount {
        Some(amount) => json!({"amount": amount}),
        None => json!({"currency": "EUR"}),
    });
    let member = |value: BoxedStrategy<Value>| proptest::option::of(value).boxed();
    (
        member(text().prop_map(|text| json!(text)).boxed()),
        member(proptest::option::of(text()).prop_map(|text| json!(text)).boxed()),
        member(price.boxed()),
        member(texts.prop_map(|texts| json!(texts)).boxed()),
        member(attributes.prop_map(|map| json!(map)).boxed()),
        member(any::<bool>().prop_map(|active| json!(active)).boxed()),
    )
        .prop_map(|(name, description, price, categories, attributes, active)| {
            let members = [
                ("name", name),
                ("description", description),
                ("price", price),
                ("categories", categories),
                ("attributes", attributes),
                ("active", active),
            ];
            members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
        })
}

proptest! {
    #[test]
    fn a_patched_product_is_what_the_rfc_makes_of_its_document(patches in proptest::collection::vec(some_patch(), 1..5)) {
        let mut document = tea();
        let mut current = product(&document);
        for patch in &patches {
            document = merge_patch(document, patch);
            current = patched(&current, patch);
        }
        prop_assert_eq!(Product { version: 1, ..current }, product(&document));
    }

    #[test]
    fn no_patch_makes_it_panic(text in "[\\[\\]{}:,\"a01 .-]{0,40}") {
        if let Ok(value) = tradepost_input::parse(text.as_bytes()) {
            for field in ["sku", "name", "description", "price", "categories", "attributes", "active"] {
                let _ = Changes::read(&json!({field: value}), &rich_tea());
            }
            let _ = Changes::read(&value, &rich_tea());
        }
    }
}
