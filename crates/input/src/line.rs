//! Names and the like: text on one line.

use crate::fault::{Invalid, code};

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
