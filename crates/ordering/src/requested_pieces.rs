//! What staff say of goods that were sent or came back, and of why an order stops.

use serde_json::Value;
use tradepost_input::{Faulted, Faults, Field, read};

use crate::RequestedLine;
use crate::place_order::read_lines;

/// The longest reason, in characters.
const MOST_REASON_CHARS: usize = 500;
/// The longest tracking number, in characters.
const MOST_TRACKING_CHARS: usize = 200;

/// Pieces of an order's lines, well-formed in themselves. Whether the order has them, [`decide`](crate::decide) says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RequestedPieces {
    /// Which pieces; lines of one SKU are added up.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 1_000)))]
    pub(crate) lines: Vec<RequestedLine>,
    /// What the carrier knows it by.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 200), regex(pattern = tradepost_input::LINE_PATTERN)))]
    pub(crate) tracking: Option<String>,
}

impl RequestedPieces {
    /// Reads the body of `POST /orders/:order_id/fulfilments` and `…/returns`:
    /// `{lines: [{sku, quantity}], tracking?}`. Quantities of one SKU are added up.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        read(body, |pieces| {
            let lines = pieces.required("lines", read_lines);
            let tracking = pieces.optional("tracking", |field| read_line(field, MOST_TRACKING_CHARS));
            Ok(Self { lines: lines?, tracking: tracking? })
        })
    }
}

/// Why somebody cancels, holds or releases an order, if they say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Explanation {
    /// In their words: one line.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 500), regex(pattern = tradepost_input::LINE_PATTERN)))]
    pub reason: Option<String>,
}

impl Explanation {
    /// Reads the body of `POST /orders/:order_id/cancellation` and the like: `{reason?}`.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        read(body, |explanation| {
            let reason = explanation.optional("reason", |field| read_line(field, MOST_REASON_CHARS));
            Ok(Self { reason: reason? })
        })
    }
}

fn read_line(field: Field<'_>, most_chars: usize) -> Result<String, Faulted> {
    field.line(most_chars).map(str::to_owned)
}
