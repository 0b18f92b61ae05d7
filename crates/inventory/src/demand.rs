//! What an order wants of the stock.

use std::collections::BTreeMap;

/// How many SKUs one demand may name: as many as an order may have lines.
pub const MOST_SKUS: usize = 1_000;

/// Pieces per SKU, each SKU once, in the order of their bytes. At least one SKU, at most [`MOST_SKUS`].
///
/// That order is also the one in which stock rows are locked, so that no two reservations wait for each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand(BTreeMap<String, i64>);

/// Why lines make no demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DemandError {
    /// There are none.
    Empty,
    /// They name more than [`MOST_SKUS`].
    TooManySkus,
    /// A line wants no pieces, or fewer.
    NoPieces {
        /// Of what.
        sku: String,
    },
    /// The lines of one SKU add up to more than 64 bits hold.
    TooManyPieces {
        /// Of what.
        sku: String,
    },
}

impl Demand {
    /// Adds up the lines of each SKU.
    pub fn of(lines: impl IntoIterator<Item = (String, i64)>) -> Result<Self, DemandError> {
        let mut pieces_by_sku = BTreeMap::new();
        for (sku, quantity) in lines {
            if quantity < 1 {
                return Err(DemandError::NoPieces { sku });
            }
            let so_far: i64 = pieces_by_sku.get(&sku).copied().unwrap_or(0);
            match so_far.checked_add(quantity) {
                Some(sum) => pieces_by_sku.insert(sku, sum),
                None => return Err(DemandError::TooManyPieces { sku }),
            };
        }
        match pieces_by_sku.len() {
            0 => Err(DemandError::Empty),
            1..=MOST_SKUS => Ok(Self(pieces_by_sku)),
            _ => Err(DemandError::TooManySkus),
        }
    }

    /// Each SKU with the pieces wanted of it.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, i64)> {
        self.0.iter().map(|(sku, pieces)| (sku.as_str(), *pieces))
    }
}

impl std::fmt::Display for DemandError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("nothing is wanted"),
            Self::TooManySkus => write!(f, "more than {MOST_SKUS} SKUs are wanted"),
            Self::NoPieces { sku } => write!(f, "a line wants no pieces of {sku}"),
            Self::TooManyPieces { sku } => write!(f, "the pieces wanted of {sku} do not fit 64 bits"),
        }
    }
}

impl std::error::Error for DemandError {}
