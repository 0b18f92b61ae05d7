//! One line of an order that was placed.

use serde::{Deserialize, Serialize};
use tradepost_money::Money;

/// A product as it was ordered: name and price stay what they were, whatever the catalog says later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderLine {
    /// The product's SKU.
    pub sku: String,
    /// The product's name at the time.
    pub name: String,
    /// Pieces.
    pub quantity: u32,
    /// What one piece costs.
    pub unit_price: Money,
    /// What all pieces cost.
    pub total: Money,
}
