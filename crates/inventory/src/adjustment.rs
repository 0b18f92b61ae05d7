//! Stock that somebody counted, received or lost.

use serde_json::Value;
use tradepost_input::{Faults, Invalid, code, read};

/// By how much the stock on hand changes: a whole number of pieces that is not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delta(i64);

impl Delta {
    /// The greatest change, up or down. Nobody counts a million million pieces at once; who sends more has mistaken
    /// the field.
    pub const MOST: i64 = 1_000_000_000_000;

    /// Pieces; negative when there are fewer.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Delta {
    type Error = Invalid;

    fn try_from(pieces: i64) -> Result<Self, Invalid> {
        if pieces == 0 {
            return Err(Invalid::new(code::OUT_OF_RANGE, "Delta must not be 0"));
        }
        if !(-Self::MOST..=Self::MOST).contains(&pieces) {
            let detail = format!("Delta must be between -{most} and {most}", most = Self::MOST);
            return Err(Invalid::new(code::OUT_OF_RANGE, detail));
        }
        Ok(Self(pieces))
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Delta {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Delta".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "integer", "minimum": -Self::MOST, "maximum": Self::MOST, "not": { "const": 0 },
        })
    }
}

/// A change of the stock on hand, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Adjustment {
    /// By how much.
    pub delta: Delta,
    /// Why: 1 to 200 characters on one line, for whoever reads the movements.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 200), regex(pattern = tradepost_input::LINE_PATTERN)))]
    pub reason: String,
}

impl Adjustment {
    /// The greatest length of the reason, in Unicode scalar values.
    pub const MOST_REASON_CHARS: usize = 200;

    /// Reads the body of `POST /stock/:sku/adjustments`: `{delta, reason}`.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        read(body, |adjustment| {
            let delta = adjustment.required("delta", |field| field.integer_with(Delta::try_from));
            let reason = adjustment.required("reason", |field| field.line(Self::MOST_REASON_CHARS));
            Ok(Self { delta: delta?, reason: reason?.to_owned() })
        })
    }
}
