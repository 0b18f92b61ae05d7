//! How many.

use tradepost_input::{Invalid, code};

/// How many pieces of one product: 1 to 1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(u32);

impl Quantity {
    /// The greatest quantity.
    pub const MOST: u32 = 1_000_000;

    /// Pieces.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The sum; `None` when it is greater than [`Self::MOST`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        // Cannot overflow: each is at most a million.
        Some(self.0 + other.0).filter(|&sum| sum <= Self::MOST).map(Self)
    }
}

impl TryFrom<i64> for Quantity {
    type Error = Invalid;

    fn try_from(pieces: i64) -> Result<Self, Invalid> {
        match u32::try_from(pieces) {
            Ok(pieces @ 1..=Self::MOST) => Ok(Self(pieces)),
            _ => Err(Invalid::new(code::OUT_OF_RANGE, "Quantity must be between 1 and 1000000")),
        }
    }
}
