//! What staff look users up by.

use std::str::FromStr;

use tradepost_input::{Invalid, one_line};

/// Words that a user's name or address has words beginning with: 1 to 200 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserWords(String);

impl UserWords {
    /// The greatest length, in Unicode scalar values.
    pub const MOST_CHARS: usize = 200;

    /// The words, to be looked for.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl FromStr for UserWords {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        one_line("The search text", text, Self::MOST_CHARS).map(|words| Self(words.to_owned()))
    }
}
