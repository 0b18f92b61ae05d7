//! An edit of a product: a JSON merge patch (RFC 7396).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tradepost_input::{Faulted, Faults, Field, code, read};
use tradepost_money::Money;

use crate::price::read_price;
use crate::product::{read_attributes, read_categories, read_description};
use crate::{Category, Product, ProductName};

/// What an edit says about each field; `None` where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "ProductChanges"))]
pub struct Changes {
    /// What it is called from now on.
    #[cfg_attr(feature = "schema", schemars(with = "ProductName", default))]
    pub name: Option<ProductName>,
    /// What is said about it, or that nothing is.
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>", default, length(max = 10_000)))]
    pub description: Option<Option<String>>,
    /// What one of it costs.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::price_change", default))]
    pub price: Option<Money>,
    /// All of its categories.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::categories", default))]
    pub categories: Option<Vec<Category>>,
    /// All of its attributes, those that it keeps included.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::attribute_changes", default))]
    pub attributes: Option<BTreeMap<String, String>>,
    /// Whether it can be ordered.
    #[cfg_attr(feature = "schema", schemars(with = "bool", default))]
    pub active: Option<bool>,
}

impl Changes {
    /// Reads the body of `PATCH /products/:product_id`, for a product that is `product` so far.
    ///
    /// What the patch does not name stays as it is and is not looked at: it may have been accepted under other rules.
    /// Null takes away a description, the categories, the attributes or one attribute. A name, a price and whether it
    /// can be ordered are things that no product is without, and its SKU it has for ever.
    pub fn read(body: &Value, product: &Product) -> Result<Self, Faults> {
        let patched = match body {
            Value::Object(patch) => Value::Object(patched(patch, product)),
            other => other.clone(),
        };
        let says = |name: &str| body.get(name).is_some();
        read(&patched, |fields| {
            let sku = if says("sku") {
                fields.required("sku", |sku| Err(sku.fault(code::INVALID, "SKU cannot be changed")))
            } else {
                Ok(())
            };
            let name = said(says("name"), || fields.required("name", Field::parse));
            let description = said(says("description"), || fields.optional("description", read_description));
            let price = said(says("price"), || fields.required("price", read_price));
            let categories = said(says("categories"), || fields.optional("categories", read_categories));
            let attributes = said(says("attributes"), || fields.optional("attributes", read_attributes));
            let active = said(says("active"), || fields.required("active", Field::boolean));
            sku?;
            Ok(Self {
                name: name?,
                description: description?,
                price: price?,
                categories: categories?.map(Option::unwrap_or_default),
                attributes: attributes?.map(Option::unwrap_or_default),
                active: active?,
            })
        })
    }
}

/// What `read` reads, if the patch says something.
fn said<T>(says: bool, read: impl FnOnce() -> Result<T, Faulted>) -> Result<Option<T>, Faulted> {
    if says { read().map(Some) } else { Ok(None) }
}

/// The fields that `patch` names, as they are once it has been applied.
///
/// Null stays null, because a reader takes null and absence for the same, and only so notices the null of a field
/// that there is not. In attributes, where every name is one, null takes the attribute away.
fn patched(patch: &Map<String, Value>, product: &Product) -> Map<String, Value> {
    let mut patched = patch.clone();
    if let Some(Value::Object(price)) = patched.get_mut("price") {
        let stays = |price: &mut Map<String, Value>, name: &str, value: Value| {
            price.entry(name).or_insert(value);
        };
        stays(price, "amount", product.price.amount().into());
        stays(price, "currency", product.price.currency().to_string().into());
    }
    if let Some(attributes) = patched.get_mut("attributes")
        && attributes.is_object()
    {
        let mut merged = json!(product.attributes);
        if let (Value::Object(merged), Value::Object(patch)) = (&mut merged, attributes.take()) {
            for (name, value) in patch {
                if value.is_null() {
                    merged.remove(&name);
                } else {
                    merged.insert(name, value);
                }
            }
        }
        *attributes = merged;
    }
    patched
}
