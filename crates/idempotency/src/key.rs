//! The key that a client chooses.

use std::fmt;
use std::str::FromStr;

/// 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// Why a header's value is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Nothing, or nothing between the quotes.
    #[error("must not be empty")]
    Empty,
    /// More than 255 characters.
    #[error("must not have more than 255 characters")]
    TooLong,
    /// A space, a control character or something beyond ASCII.
    #[error("must consist of visible ASCII characters")]
    NotVisible,
    /// It begins like a quoted string and does not end like one.
    #[error("must be a complete quoted string when it begins with a quote")]
    Quoting,
}

impl IdempotencyKey {
    /// The greatest length, in characters.
    pub const MOST_CHARS: usize = 255;

    /// The key without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Reads the header's value. The draft asks for a quoted string (RFC 8941, section 3.3.3), most clients send the
/// bare key: both spellings of one key are the same key. Parameters after a quoted string are refused.
impl FromStr for IdempotencyKey {
    type Err = InvalidKey;

    fn from_str(header_value: &str) -> Result<Self, InvalidKey> {
        let value = header_value.trim_matches([' ', '\t']);
        let key = match value.strip_prefix('"') {
            Some(rest) => unquote(rest)?,
            None => value.to_owned(),
        };
        if key.is_empty() {
            return Err(InvalidKey::Empty);
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InvalidKey::NotVisible);
        }
        if key.len() > Self::MOST_CHARS {
            return Err(InvalidKey::TooLong);
        }
        Ok(Self(key))
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a quoted string after its opening quote. Only `"` and `\` can be escaped.
fn unquote(rest: &str) -> Result<String, InvalidKey> {
    let mut text = String::with_capacity(rest.len());
    let mut chars = rest.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' if chars.as_str().is_empty() => return Ok(text),
            '"' => break,
            '\\' => match chars.next() {
                Some(escaped @ ('"' | '\\')) => text.push(escaped),
                _ => break,
            },
            other => text.push(other),
        }
    }
    Err(InvalidKey::Quoting)
}
