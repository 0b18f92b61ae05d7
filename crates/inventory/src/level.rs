//! How much of one SKU there is, and how much of that is promised.

use serde::Serialize;

use crate::Delta;

/// The greatest stock: 2^53 − 1. A JSON reader that keeps numbers as doubles, as every browser does, would see a
/// greater one wrong (RFC 8259, section 6).
pub const MOST_ON_HAND: i64 = (1 << 53) - 1;

/// Pieces on hand and pieces reserved: 0 ≤ reserved ≤ on hand ≤ [`MOST_ON_HAND`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StockLevel {
    on_hand: i64,
    reserved: i64,
}

/// Why a level cannot change as asked. It stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// More would be promised than is there.
    Insufficient,
    /// More would be there than can be counted.
    TooMuch,
}

impl StockLevel {
    /// A level that somebody recorded; `None` when it is none.
    pub fn new(on_hand: i64, reserved: i64) -> Option<Self> {
        let holds = 0 <= reserved && reserved <= on_hand && on_hand <= MOST_ON_HAND;
        holds.then_some(Self { on_hand, reserved })
    }

    /// Pieces that are there.
    pub const fn on_hand(self) -> i64 {
        self.on_hand
    }

    /// Pieces of those that are promised.
    pub const fn reserved(self) -> i64 {
        self.reserved
    }

    /// Pieces that can still be promised.
    pub const fn available(self) -> i64 {
        self.on_hand - self.reserved
    }

    /// The level after `delta` pieces came or went. What is promised cannot go.
    pub fn adjusted(self, delta: Delta) -> Result<Self, Refusal> {
        // Cannot overflow: both are far below 2^62.
        let on_hand = self.on_hand + delta.get();
        match Self::new(on_hand, self.reserved) {
            Some(level) => Ok(level),
            None if on_hand > MOST_ON_HAND => Err(Refusal::TooMuch),
            None => Err(Refusal::Insufficient),
        }
    }

    /// The level after `quantity` more pieces were promised.
    pub fn with_reserved(self, quantity: i64) -> Result<Self, Refusal> {
        let reserved = self.reserved.checked_add(quantity).ok_or(Refusal::Insufficient)?;
        Self::new(self.on_hand, reserved).ok_or(Refusal::Insufficient)
    }

    /// The level after `quantity` promised pieces went where they were promised to. `None`: no such promise.
    pub fn with_committed(self, quantity: i64) -> Option<Self> {
        Self::new(self.on_hand.checked_sub(quantity)?, self.reserved.checked_sub(quantity)?)
    }

    /// The level after the promise of `quantity` pieces was taken back. `None`: no such promise.
    pub fn with_released(self, quantity: i64) -> Option<Self> {
        Self::new(self.on_hand, self.reserved.checked_sub(quantity)?)
    }

    /// Whether stock has become low by the step from `before`: what is available was above `low_at` and is no more.
    /// A step from low to lower is no news.
    pub const fn has_become_low_since(self, before: Self, low_at: i64) -> bool {
        before.available() > low_at && self.available() <= low_at
    }
}

/// One SKU's level as clients see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stock {
    /// The product's SKU.
    sku: String,
    /// Pieces that are there.
    on_hand: i64,
    /// Pieces of those that are promised.
    reserved: i64,
    /// Pieces that can still be promised.
    available: i64,
}

impl Stock {
    /// The level of `sku`.
    pub fn new(sku: String, level: StockLevel) -> Self {
        Self { sku, on_hand: level.on_hand, reserved: level.reserved, available: level.available() }
    }
}
