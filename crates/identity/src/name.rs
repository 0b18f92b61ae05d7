//! What people are called.

use std::str::FromStr;

use tradepost_input::{Invalid, one_line};

/// A person's name: 1 to 200 characters without control characters, trimmed. Nothing else is asked of it, because
/// people's names break every other rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserName(String);

impl UserName {
    /// The greatest length, in Unicode scalar values.
    pub const MOST_CHARS: usize = 200;

    /// The name as the person wrote it, trimmed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, to be kept.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl FromStr for UserName {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        one_line("Name", text, Self::MOST_CHARS).map(|name| Self(name.to_owned()))
    }
}
