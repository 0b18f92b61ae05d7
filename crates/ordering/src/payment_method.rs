//! What a customer pays with.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tradepost_input::{Invalid, code};

/// What to charge: a token of the payment provider, 1 to 255 visible ASCII characters. What it means, only the
/// provider knows. Reading one from a recorded event checks nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PaymentMethod(String);

impl PaymentMethod {
    /// The greatest length, in characters.
    pub const MOST_CHARS: usize = 255;

    /// The token.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Without the token: whoever has it may be able to charge it.
impl fmt::Debug for PaymentMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentMethod(…)")
    }
}

impl FromStr for PaymentMethod {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::new(code::REQUIRED, "Payment method must not be blank"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let detail = "Payment method must consist of visible ASCII characters";
            return Err(Invalid::new(code::INVALID, detail));
        }
        if text.len() > Self::MOST_CHARS {
            let detail = "Payment method must not have more than 255 characters";
            return Err(Invalid::new(code::TOO_LONG, detail));
        }
        Ok(Self(text.to_owned()))
    }
}
