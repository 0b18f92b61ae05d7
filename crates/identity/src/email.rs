//! E-mail addresses: which ones look like one, and which two are the same.

use std::str::FromStr;

use tradepost_input::{Invalid, code};

/// An address that looks as if mail could reach it. Whether it does, only a mail tells.
///
/// Taken is what people have: `local@domain` with
/// - a local part of 1 to 64 octets: the characters of RFC 5321's dot-string, or any beyond ASCII (RFC 6531), with
///   dots only between others. Quoted local parts are refused: they are legal, nobody has one, and they let spaces
///   and further `@`s in;
/// - a domain of at least two labels, each 1 to 63 octets of letters, digits and inner hyphens, or anything beyond
///   ASCII (IDN). HTML's `<input type=email>` takes `user@localhost` too, but no customer lives there. Address
///   literals (`[192.0.2.1]`) and names that end in a number are refused for the same reason;
/// - at most 254 octets in all (RFC 5321, section 4.5.3.1.3, less the angle brackets);
/// - no white space, control character or invisible format character anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The greatest length, in octets.
    pub const MOST_OCTETS: usize = 254;

    /// The address as the person wrote it, trimmed. This is where mail goes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same, to be kept.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The form under which two spellings count as one address. It is for comparing only, never for sending: a
    /// mail server may tell letter cases apart in the local part.
    ///
    /// Each character, on both sides of the `@`, is put into lower, upper and again lower case, by Unicode's
    /// mappings without regard to language or neighbours. Once to lower case is not enough: `STRASSE` and `straße`
    /// would differ, and `Σ` has two lower-case forms. The price is that the few characters whose upper case is a
    /// plain letter count as that letter: `ı` as `i`, `ſ` as `s`, the Kelvin sign as `k`.
    ///
    /// Two spellings that stay different: `é` as one character and as `e` with an accent, because Unicode's
    /// tables for composing them would add 126 kB to a component of 190, while keyboards give the one form; and a
    /// domain in Unicode and the same in its `xn--` form, which no person types.
    pub fn key(&self) -> String {
        fold(&self.0)
    }
}

pub(crate) fn fold(text: &str) -> String {
    let lower = text.chars().flat_map(char::to_lowercase);
    lower.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

impl FromStr for EmailAddress {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let address = text.trim();
        let (local, domain) = address.split_once('@').ok_or_else(invalid)?;
        if address.len() <= Self::MOST_OCTETS && is_local_part(local) && is_domain(domain) {
            Ok(Self(address.to_owned()))
        } else {
            Err(invalid())
        }
    }
}

fn invalid() -> Invalid {
    Invalid::new(code::INVALID, "Email looks invalid")
}

fn is_local_part(local: &str) -> bool {
    const ATEXT_SYMBOLS: &str = "!#$%&'*+-/=?^_`{|}~";
    let is_atext = |char: char| {
        char.is_ascii_alphanumeric() || ATEXT_SYMBOLS.contains(char) || is_visible_beyond_ascii(char)
    };
    (1..=64).contains(&local.len())
        && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext))
}

fn is_domain(domain: &str) -> bool {
    let labels = || domain.split('.');
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    labels().count() >= 2 && labels().all(is_label) && !labels().next_back().is_some_and(is_number)
}

fn is_label(label: &str) -> bool {
    // IDNA reads these three as dots. Taken for letters they would hide a label's end.
    let is_other_dot = |char: char| matches!(char, '。' | '．' | '｡');
    let is_inner = |char: char| {
        char.is_ascii_alphanumeric() || char == '-' || (is_visible_beyond_ascii(char) && !is_other_dot(char))
    };
    (1..=63).contains(&label.len())
        && label.chars().all(is_inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_visible_beyond_ascii(char: char) -> bool {
    !char.is_ascii() && !char.is_control() && !char.is_whitespace() && !is_ignorable(char)
}

/// Characters that leave no trace on a screen: Unicode's `Default_Ignorable_Code_Point`, and the annotation
/// characters beside it. With them, two addresses could look the same and be two. Some scripts use the joiners
/// among them (U+200C, U+200D) in words; an address can do without.
fn is_ignorable(char: char) -> bool {
    matches!(
        char,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}
