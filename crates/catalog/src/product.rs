//! Something to be put on sale, and something that is.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use tradepost_events::catalog as published;
use tradepost_ids::ProductId;
use tradepost_input::{Faulted, Faults, Field, Invalid, code, read};
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;

use crate::price::read_price;
use crate::{Category, ProductName, Sku};

/// What it takes to put a product on sale.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewProduct {
    /// Unique among all products.
    pub sku: Sku,
    /// What it is called.
    pub name: ProductName,
    /// At most 10,000 characters; any text, line breaks included.
    #[cfg_attr(feature = "schema", schemars(length(max = 10_000)))]
    pub description: Option<String>,
    /// What one of it costs.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::price"))]
    pub price: Money,
    /// At most 20, none twice.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::categories", default))]
    pub categories: Vec<Category>,
    /// What the seller wants to say beyond the other fields: at most 50 names of 1 to 64 characters, with values of
    /// at most 1,000.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::schema::attributes", default))]
    pub attributes: BTreeMap<String, String>,
    /// Whether it can be ordered. Yes, unless said otherwise.
    #[cfg_attr(feature = "schema", schemars(with = "Option<bool>", default))]
    pub active: bool,
}

impl NewProduct {
    /// Reads the body of `POST /products`.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        read(body, |product| {
            let sku = product.required("sku", Field::parse);
            let name = product.required("name", Field::parse);
            let description = product.optional("description", read_description);
            let price = product.required("price", read_price);
            let categories = product.optional("categories", read_categories);
            let attributes = product.optional("attributes", read_attributes);
            let active = product.optional("active", Field::boolean);
            Ok(Self {
                sku: sku?,
                name: name?,
                description: description?,
                price: price?,
                categories: categories?.unwrap_or_default(),
                attributes: attributes?.unwrap_or_default(),
                active: active?.unwrap_or(true),
            })
        })
    }
}

/// A product, as clients see it.
///
/// Its texts are plain: what was accepted once stays readable when the rules for new products change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Product {
    /// The product's id.
    pub id: ProductId,
    /// Unique among all products.
    pub sku: String,
    /// What it is called.
    pub name: String,
    /// More about it.
    pub description: Option<String>,
    /// What one of it costs.
    pub price: Money,
    /// Where it is found.
    pub categories: Vec<String>,
    /// What the seller says beyond the other fields.
    pub attributes: BTreeMap<String, String>,
    /// Whether it can be ordered.
    pub active: bool,
    /// When it was put on sale.
    pub created_at: Timestamp,
    /// How many events it has had. It is the product's `ETag` too.
    pub version: u64,
}

impl From<published::Product> for Product {
    fn from(product: published::Product) -> Self {
        let published::Product {
            id,
            sku,
            name,
            description,
            price,
            categories,
            attributes,
            active,
            created_at,
            version,
        } = product;
        Self { id, sku, name, description, price, categories, attributes, active, created_at, version }
    }
}

impl From<Product> for published::Product {
    fn from(product: Product) -> Self {
        let Product {
            id,
            sku,
            name,
            description,
            price,
            categories,
            attributes,
            active,
            created_at,
            version,
        } = product;
        Self { id, sku, name, description, price, categories, attributes, active, created_at, version }
    }
}

pub(crate) fn read_description(field: Field<'_>) -> Result<String, Faulted> {
    field.string_of(0..=10_000).map(str::to_owned)
}

pub(crate) fn read_categories(field: Field<'_>) -> Result<Vec<Category>, Faulted> {
    let mut seen = BTreeSet::new();
    field.array(0..=20, |item| {
        item.parse_with(|text| {
            let category: Category = text.parse()?;
            if seen.insert(category.clone()) {
                Ok(category)
            } else {
                Err(Invalid::new(code::DUPLICATE, "Category is given twice"))
            }
        })
    })
}

pub(crate) fn read_attributes(field: Field<'_>) -> Result<BTreeMap<String, String>, Faulted> {
    field.map(0..=50, |name, value| {
        let name_fits = (1..=64).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if !name_fits {
            let detail = "The name of an attribute must have 1 to 64 characters and no control character";
            return Err(value.fault(code::INVALID, detail));
        }
        value.string_of(0..=1_000).map(str::to_owned)
    })
}
