//! The names a manifest gives to things, and the spelling Spin asks of each.

use std::{borrow::Borrow, fmt};

/// The id of a `[component.<id>]`: lower-case words joined by hyphens.
///
/// Spin also takes words in capitals. They are refused here because the id is a host name in service chaining
/// (`http://<id>.spin.internal`), and host names lose their capitals on the way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId(String);

impl ComponentId {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        kebab(text).map(|()| Self(text.to_owned()))
    }

    /// The id as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for ComponentId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ComponentId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for ComponentId {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for ComponentId {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

/// `like-this`: component ids, and the parts of a WIT name.
pub(crate) fn kebab(text: &str) -> Result<(), String> {
    lower(text).and_then(|()| words(text, '-', "hyphens"))
}

/// `like_this`: variables and route parameters.
pub(crate) fn snake(text: &str) -> Result<(), String> {
    lower(text).and_then(|()| words(text, '_', "underscores"))
}

/// Either of the two, and in capitals too: the labels of key-value stores.
pub(crate) fn label(text: &str) -> Result<(), String> {
    words(text, '-', "hyphens").or_else(|_| words(text, '_', "underscores")).map_err(|_| {
        "it must be words of letters and digits, each beginning with a letter, joined by hyphens or by \
         underscores"
            .to_owned()
    })
}

fn lower(text: &str) -> Result<(), String> {
    match text.chars().find(char::is_ascii_uppercase) {
        Some(capital) => Err(format!("`{capital}` must be lower-case")),
        None => Ok(()),
    }
}

fn words(text: &str, delimiter: char, delimiters: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("it must not be empty".to_owned());
    }
    for word in text.split(delimiter) {
        let Some(first) = word.chars().next() else {
            return Err(format!("{delimiters} must stand between words"));
        };
        if let Some(stray) = word.chars().find(|c| !c.is_ascii_alphanumeric()) {
            return Err(format!("words are letters and digits joined by {delimiters}, without {stray:?}"));
        }
        if !first.is_ascii_alphabetic() {
            return Err(format!("each word must begin with a letter, and `{word}` does not"));
        }
        let capitals = first.is_ascii_uppercase();
        if word.chars().any(|c| c.is_ascii_alphabetic() && c.is_ascii_uppercase() != capitals) {
            return Err(format!("`{word}` must be all lower-case or all capitals"));
        }
    }
    Ok(())
}

/// The spelling Spin asks of a name that a guest looks a variable up by. It is a little wider than what a
/// manifest may declare: a word may begin with a digit.
pub(crate) fn lookup_key(text: &str) -> Result<(), &'static str> {
    let edge = |c: Option<char>, allowed: fn(&char) -> bool| c.as_ref().is_some_and(allowed);
    if text.is_empty() {
        Err("it must not be empty")
    } else if !text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        Err("it may contain only lower-case letters, digits and underscores")
    } else if !edge(text.chars().next(), char::is_ascii_lowercase) {
        Err("it must begin with a lower-case letter")
    } else if !edge(text.chars().next_back(), char::is_ascii_alphanumeric) {
        Err("it must end with a lower-case letter or a digit")
    } else if text.contains("__") {
        Err("it must not have two underscores in a row")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
