//! The name under which a thing is kept in stock.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use tradepost_input::{Invalid, code};

/// A stock keeping unit: 1 to 64 ASCII letters, digits, `-`, `_` and `.`.
///
/// `tea-1` and `TEA-1` are two SKUs: they come from other systems, which may tell cases apart, and folding them
/// here could merge what is two things there. The characters are those that need no escape in a URL's path. For
/// that reason too `.` and `..` are none, which clients and proxies would resolve away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Sku(String);

impl Sku {
    /// The greatest length, in characters.
    pub const MOST_CHARS: usize = 64;

    /// The SKU as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, to be kept.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl FromStr for Sku {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() {
            return Err(Invalid::new(code::REQUIRED, "SKU is required"));
        }
        if text.len() > Self::MOST_CHARS {
            return Err(Invalid::new(code::TOO_LONG, "SKU must not have more than 64 characters"));
        }
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !text.bytes().all(fits) || matches!(text, "." | "..") {
            return Err(Invalid::new(
                code::INVALID,
                "SKU must consist of ASCII letters, digits, hyphens, underscores and dots",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Sku {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
