//! Why a command changes nothing.

use tradepost_input::{Fault, Faults, code};
use tradepost_money::Currency;

use crate::{Action, MOST_TOTAL_MINOR_UNITS, Status};

/// What stands against a command. Each case leaves the client something else to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// These products are not on sale: all of them, in the order of the request's lines.
    UnknownSkus(Vec<UnknownSku>),
    /// Lines are priced in different currencies.
    MixedCurrencies {
        /// The first line of the request whose currency differs.
        line_index: usize,
        /// The currency of the lines before it.
        expected: Currency,
        /// Its own currency.
        found: Currency,
    },
    /// The total is greater than [`MOST_TOTAL_MINOR_UNITS`].
    TotalTooLarge {
        /// The line of the request with which it grew too large.
        line_index: usize,
    },
    /// An order of nothing.
    NoLines,
    /// An order is placed once; this one has begun its life.
    AlreadyPlaced {
        /// Where in its life it is.
        status: Status,
    },
    /// There is no such order.
    NoOrder,
    /// Not in this state. [`Status::allowed`] has the states that it can go to from there.
    IllegalTransition {
        /// What was wanted.
        action: Action,
        /// Where in its life the order is.
        status: Status,
    },
    /// These pieces cannot be sent or taken back: all that is wrong, in the order of the request's lines.
    Pieces(Vec<PiecesFault>),
    /// The stream tells of an order that cannot be: its amounts do not add up.
    Damaged,
}

/// A line of pieces that cannot be sent or taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PiecesFault {
    /// The order has no such product.
    NoSuchLine {
        /// The first line of the request that names it.
        line_index: usize,
        /// The name.
        sku: String,
    },
    /// There are fewer: open ones, or ones that were sent and are not back.
    NotThatMany {
        /// The first line of the request that names the product.
        line_index: usize,
        /// How many all lines of the request want.
        wanted: u32,
        /// How many there are.
        available: u32,
    },
}

/// A line whose product is not on sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownSku {
    /// The first line of the request that names it.
    pub line_index: usize,
    /// The name.
    pub sku: String,
}

impl Refusal {
    /// What to change in the request; empty when it is not the request that stands against the command.
    pub fn faults(&self) -> Faults {
        match self {
            Self::UnknownSkus(unknown) => unknown.iter().map(UnknownSku::fault).collect(),
            Self::MixedCurrencies { line_index, expected, found } => Faults::from(Fault {
                pointer: format!("/lines/{line_index}/sku"),
                code: "mixed_currencies",
                detail: format!(
                    "An order has one currency: this product is priced in {found}, the ones before in {expected}"
                ),
            }),
            Self::TotalTooLarge { line_index } => Faults::from(Fault {
                pointer: format!("/lines/{line_index}"),
                code: code::OUT_OF_RANGE,
                detail: format!(
                    "The order's total must not be greater than {MOST_TOTAL_MINOR_UNITS} minor units"
                ),
            }),
            Self::NoLines => Faults::from(Fault {
                pointer: "/lines".to_owned(),
                code: code::TOO_SHORT,
                detail: "Lines must not be empty".to_owned(),
            }),
            Self::Pieces(faults) => faults.iter().map(PiecesFault::fault).collect(),
            Self::AlreadyPlaced { .. } | Self::NoOrder | Self::IllegalTransition { .. } | Self::Damaged => {
                Faults::default()
            }
        }
    }
}

impl UnknownSku {
    fn fault(&self) -> Fault {
        Fault {
            pointer: format!("/lines/{}/sku", self.line_index),
            code: "unknown_sku",
            detail: format!("There is no product {} on sale", self.sku),
        }
    }
}

impl PiecesFault {
    fn fault(&self) -> Fault {
        match self {
            Self::NoSuchLine { line_index, sku } => Fault {
                pointer: format!("/lines/{line_index}/sku"),
                code: "no_such_line",
                detail: format!("The order has no line of {sku}"),
            },
            Self::NotThatMany { line_index, wanted, available } => Fault {
                pointer: format!("/lines/{line_index}/quantity"),
                code: "not_that_many",
                detail: format!("There are {available}, not {wanted}"),
            },
        }
    }
}
