//! What can be wrong with an input that is well-formed JSON.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// The codes that this crate gives. Rules crates add their own where a client could act on the difference.
pub mod code {
    /// The field is missing, null or blank.
    pub const REQUIRED: &str = "required";
    /// Another JSON type stands where this one must.
    pub const WRONG_TYPE: &str = "wrong_type";
    /// Nobody reads a field of this name.
    pub const UNKNOWN_FIELD: &str = "unknown_field";
    /// The number is too small or too large.
    pub const OUT_OF_RANGE: &str = "out_of_range";
    /// Too many characters, items or entries.
    pub const TOO_LONG: &str = "too_long";
    /// Too few characters, items or entries.
    pub const TOO_SHORT: &str = "too_short";
    /// The value has the right type and still is not what the field means.
    pub const INVALID: &str = "invalid";
    /// The value stands twice where it may once.
    pub const DUPLICATE: &str = "duplicate";
}

/// One thing to change, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where, as a JSON pointer (RFC 6901); empty for the body itself.
    pub pointer: String,
    /// What kind of fault it is, in `snake_case`, for programs.
    pub code: &'static str,
    /// What to change, for people. A sentence without its full stop.
    pub detail: String,
}

/// Why a value was refused, before it is known where the value stood: what the `FromStr` of a rules crate's type
/// returns. [`Field::parse`](crate::Field::parse) adds the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// What kind of fault it is, in `snake_case`.
    pub code: &'static str,
    /// What to change. A sentence without its full stop.
    pub detail: Cow<'static, str>,
}

impl Invalid {
    /// A refusal for the reason that `detail` gives.
    pub fn new(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into() }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Invalid {}

/// Stands for a value that could not be read, and proves that the reason has been recorded: only recording a
/// fault makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Faulted(pub(crate) ());

/// All that is wrong with an input, in the order in which it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// How many faults are kept. A body that holds more is noise rather than a mistake, and an answer must not be
    /// many times larger than the question: 256 KiB of `{"a":0,"b":0,…` hold some 40,000 unknown fields.
    pub const MOST: usize = 1_000;

    /// Adds a fault, unless there are [`Self::MOST`] already.
    pub fn push(&mut self, fault: Fault) {
        if self.0.len() < Self::MOST {
            self.0.push(fault);
        }
    }

    /// The faults, first to last.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        Self(faults.into_iter().take(Self::MOST).collect())
    }
}

impl<'a> IntoIterator for &'a Faults {
    type Item = &'a Fault;
    type IntoIter = std::slice::Iter<'a, Fault>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// What a person should read first: the details joined by `; `, and after the fifth only how many more there are.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SPELT_OUT: usize = 5;
        for (index, fault) in self.0.iter().take(SPELT_OUT).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}", fault.detail)?;
        }
        match self.0.len().checked_sub(SPELT_OUT) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for Faults {}
