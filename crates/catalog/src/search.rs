//! What to search the products for.

use std::str::FromStr;

use tradepost_input::{Invalid, one_line};

/// The words of a search, 1 to 200 characters on one line, as a person types them: `"green tea" -bags`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText(String);

impl SearchText {
    /// The greatest length, in Unicode scalar values. A hundred words find nothing that ten do not.
    pub const MOST_CHARS: usize = 200;

    /// As it was typed, trimmed.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl FromStr for SearchText {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        one_line("The search text", text, Self::MOST_CHARS).map(|text| Self(text.to_owned()))
    }
}
