//! What the catalog tells. Every event carries the product as it was after it, so that a reader that shows products
//! needs no other source and can take the last event it sees for the whole truth.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tradepost_ids::ProductId;
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;

/// A product after an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Product {
    /// The product's id, which is the event's subject and partition key too.
    pub id: ProductId,
    /// Stock keeping unit. It never changes and never passes to another product.
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
    /// How many events it has had, this one included: the event's `sequence`.
    pub version: u64,
}

/// A product went on sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductCreated {
    /// As it was created.
    #[serde(flatten)]
    pub product: Product,
}

/// Something about a product changed, but not its price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductChanged {
    /// As it is now.
    #[serde(flatten)]
    pub product: Product,
}

/// A product costs something else from now on. Orders keep the price that they were placed at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductPriceChanged {
    /// As it is now.
    #[serde(flatten)]
    pub product: Product,
    /// What one of it cost before.
    pub previous_price: Money,
}

/// A product is off sale for good. It is not shown any more, and its SKU stays taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductArchived {
    /// As it was last.
    #[serde(flatten)]
    pub product: Product,
}

crate::published! {
    ProductCreated = "tradepost.catalog.product-created.v1",
    ProductChanged = "tradepost.catalog.product-changed.v1",
    ProductPriceChanged = "tradepost.catalog.product-price-changed.v1",
    ProductArchived = "tradepost.catalog.product-archived.v1",
}
