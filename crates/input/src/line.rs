//! Names and the like: text on one line.

use crate::fault::{Invalid, code};

/// What [`Field::string`](crate::Field::string) takes, as a regular expression of JSON Schema.
pub const TEXT_PATTERN: &str = r"^[^\x00]*$";

/// What [`one_line`] takes, but for the length, as a regular expression of JSON Schema: blanks around something that is
/// none, and no control character in it.
pub const LINE_PATTERN: &str =
    r"^\s*[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?\s*$";

/// `text` trimmed, if it is one line of 1 to `most_chars` characters (Unicode scalar values) without control
/// characters. `label` is what to call it in a sentence.
pub fn one_line<'t>(label: &str, text: &'t str, most_chars: usize) -> Result<&'t str, Invalid> {
    let line = text.trim();
    if line.is_empty() {
        return Err(Invalid::new(code::REQUIRED, format!("{label} is required")));
    }
    if line.chars().any(char::is_control) {
        return Err(Invalid::new(code::INVALID, format!("{label} must not contain control characters")));
    }
    if line.chars().count() > most_chars {
        let detail = format!("{label} must not have more than {most_chars} characters");
        return Err(Invalid::new(code::TOO_LONG, detail));
    }
    Ok(line)
}
