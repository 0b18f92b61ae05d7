//! What the inventory tells: of stock under its SKU, of reservations under their order's id.

use serde::{Deserialize, Serialize};
use tradepost_ids::OrderId;
use tradepost_timestamp::Timestamp;

crate::published! {
    StockAdjusted = "tradepost.inventory.stock-adjusted.v1",
    StockLow = "tradepost.inventory.stock-low.v1",
    StockReserved = "tradepost.inventory.stock-reserved.v1",
    StockRejected = "tradepost.inventory.stock-rejected.v1",
    ReservationCommitted = "tradepost.inventory.reservation-committed.v1",
    ReservationReleased = "tradepost.inventory.reservation-released.v1",
    ReservationExpired = "tradepost.inventory.reservation-expired.v1",
    StockRestocked = "tradepost.inventory.stock-restocked.v1",
}

/// Somebody counted, received or lost pieces. The levels are those after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StockAdjusted {
    /// Of what.
    pub sku: String,
    /// Pieces that came; negative for pieces that went.
    pub delta: i64,
    /// Pieces there.
    pub on_hand: i64,
    /// Pieces of those that are promised.
    pub reserved: i64,
    /// Pieces that can still be promised.
    pub available: i64,
    /// Why.
    pub reason: String,
    /// Who did it: `admin` or a TypeID.
    pub actor: String,
}

/// What is available fell from above the threshold to it or below.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StockLow {
    /// Of what.
    pub sku: String,
    /// Pieces there.
    pub on_hand: i64,
    /// Pieces of those that are promised.
    pub reserved: i64,
    /// Pieces that can still be promised.
    pub available: i64,
    /// The threshold.
    pub low_at: i64,
}

/// All that an order wants is promised to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StockReserved {
    /// The order.
    pub order_id: OrderId,
    /// What is promised, each SKU once.
    pub lines: Vec<ReservedLine>,
    /// Until when, at least.
    pub expires_at: Timestamp,
}

/// Pieces of one SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReservedLine {
    /// Of what.
    pub sku: String,
    /// Pieces.
    pub quantity: i64,
}

/// There is not all that an order wants, so nothing is promised to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StockRejected {
    /// The order.
    pub order_id: OrderId,
    /// What there is too little of, each SKU once.
    pub short: Vec<ShortLine>,
}

/// A SKU of which there is too little.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShortLine {
    /// Of what.
    pub sku: String,
    /// Pieces that the order wants.
    pub wanted: i64,
    /// Pieces that could have been promised; 0 for a SKU that is not kept in stock.
    pub available: i64,
}

/// What was promised to an order has left the stock for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReservationCommitted {
    /// The order.
    pub order_id: OrderId,
    /// What left, each SKU once.
    pub lines: Vec<ReservedLine>,
}

/// What was promised to an order can be promised to others, because the order wants it no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReservationReleased {
    /// The order.
    pub order_id: OrderId,
    /// What is promised no more, each SKU once.
    pub lines: Vec<ReservedLine>,
}

/// What was promised to an order can be promised to others, because its time ran out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReservationExpired {
    /// The order.
    pub order_id: OrderId,
    /// What is promised no more, each SKU once.
    pub lines: Vec<ReservedLine>,
}

/// What had left the stock for an order is back on hand, because it will not be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StockRestocked {
    /// The order.
    pub order_id: OrderId,
    /// What is back by this, each SKU once.
    pub lines: Vec<ReservedLine>,
}
