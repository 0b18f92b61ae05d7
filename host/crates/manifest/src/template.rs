//! Strings with `{{ variable }}` in them.

use std::fmt;

/// A string of the manifest in which `{{ name }}` stands for the application variable of that name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    written: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Variable(String),
}

/// Why a string is not a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{{{{` without the `}}}}` that would close it")]
pub struct Unclosed;

impl Template {
    /// Reads a template. There is no escape: a literal `{{` cannot be written, as on Spin.
    pub fn parse(text: &str) -> Result<Self, Unclosed> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, opened)) = rest.split_once("{{") {
            let (name, after) = opened.split_once("}}").ok_or(Unclosed)?;
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            parts.push(Part::Variable(name.trim().to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self { written: text.to_owned(), parts })
    }

    /// The names of the variables it mentions, in order and with repetitions.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable(name) => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// Whether it mentions no variable.
    pub fn is_literal(&self) -> bool {
        self.variables().next().is_none()
    }

    /// The text with every variable's value in its place, or `None` if `value` has none for one of them.
    pub fn render<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => Some(text.as_str()),
                Part::Variable(name) => value(name),
            })
            .collect()
    }

    /// The template as the manifest has it.
    pub fn as_str(&self) -> &str {
        &self.written
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests;
