//! What products and their shelves are called.

use std::str::FromStr;

use tradepost_input::{Invalid, one_line};

/// Declares a name of one line.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $label:literal, $most_chars:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The greatest length, in Unicode scalar values.
            pub const MOST_CHARS: usize = $most_chars;

            /// As it was written, trimmed.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The same, to be kept.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(text: &str) -> Result<Self, Invalid> {
                one_line($label, text, $most_chars).map(|text| Self(text.to_owned()))
            }
        }
    };
}

name! {
    /// What a product is called: 1 to 200 characters on one line.
    ProductName, "Name", 200
}

name! {
    /// Where a product is found: 1 to 64 characters on one line. Case matters.
    Category, "Category", 64
}
