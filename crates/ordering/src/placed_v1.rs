//! The first shape of order-placed. It is read for ever and written no more.

use serde::{Deserialize, Serialize};
use tradepost_events::ordering::ShippingAddress;
use tradepost_money::{Currency, Money};
use tradepost_timestamp::Timestamp;

use crate::{OrderLine, OrderPlaced, Owner, PaymentMethod};

/// Its type string.
pub const ORDER_PLACED_V1: &str = "tradepost.ordering.order-placed.v1";

/// A customer ordered: everything that was agreed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "OrderPlaced"))]
pub(crate) struct OrderPlacedV1 {
    /// Whose order it is.
    pub(crate) owner: Owner,
    /// At least one, each SKU once, in the order in which the customer named them.
    pub(crate) lines: Vec<OrderLine>,
    /// The sum of the lines' totals.
    pub(crate) total: Money,
    /// The currency of every amount.
    pub(crate) currency: Currency,
    /// Where to write to about the order.
    pub(crate) email: Option<String>,
    /// What to charge.
    pub(crate) payment_method: Option<PaymentMethod>,
    /// Where to send the goods.
    pub(crate) shipping_address: Option<ShippingAddress>,
    /// When the order was placed.
    pub(crate) created_at: Timestamp,
}

impl From<OrderPlacedV1> for OrderPlaced {
    fn from(placed: OrderPlacedV1) -> Self {
        let OrderPlacedV1 { owner, lines, total, email, payment_method, shipping_address, .. } = placed;
        Self { owner, lines, total, email, payment_method, shipping_address }
    }
}

/// Every type that ordering published once and publishes no more, with the JSON Schema of its payload.
#[cfg(feature = "schema")]
pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
    let generator = || schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
    vec![(ORDER_PLACED_V1, generator().into_root_schema_for::<OrderPlacedV1>())]
}
