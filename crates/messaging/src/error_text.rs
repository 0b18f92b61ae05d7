//! Errors as they are kept with a dead letter.

/// The most characters that are kept.
const MOST_CHARACTERS: usize = 1_000;

/// The text as the store can keep it: cut to 1,000 characters, and without NUL, which Postgres has no text for.
pub(crate) fn kept(text: &str) -> String {
    text.chars().take(MOST_CHARACTERS).map(|char| if char == '\0' { '\u{fffd}' } else { char }).collect()
}
