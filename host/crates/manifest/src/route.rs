//! Route patterns: what `route = "/orders/:order_id/..."` may say.

use std::{collections::BTreeSet, fmt};

use crate::identifier::snake;

/// Paths that Spin answers itself, whatever the manifest says.
pub const RESERVED_PREFIX: &str = "/.well-known/spin/";

/// A public route such as `/orders/:order_id/events/...`.
///
/// A pattern means what Spin takes it to mean. Patterns that Spin would misread are refused: see the faults of
/// [`RoutePattern::parse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutePattern {
    written: String,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Segment {
    Literal(String),
    Parameter(String),
}

impl RoutePattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub fn parse(written: &str) -> Result<Self, String> {
        if !written.starts_with('/') {
            return Err("a route must begin with a slash".to_owned());
        }
        if written.starts_with(RESERVED_PREFIX) {
            return Err(format!("Spin answers everything under `{RESERVED_PREFIX}` itself"));
        }
        let prefix = written.strip_suffix("/...").unwrap_or(written);
        let mut segments = Vec::new();
        if written != "/" {
            for (index, text) in prefix.split('/').skip(1).enumerate() {
                segments.push(Segment::parse(text, index == 0)?);
            }
        }
        let pattern = Self { written: written.to_owned(), segments };
        let mut seen = BTreeSet::new();
        if let Some(name) = pattern.parameters().find(|name| !seen.insert(*name)) {
            return Err(format!("two parameters of the route are named `{name}`"));
        }
        Ok(pattern)
    }

    /// The pattern that matches every path: what a request made by service chaining is matched by.
    pub(crate) fn everything() -> Self {
        Self { written: "/...".to_owned(), segments: Vec::new() }
    }

    /// The pattern as the manifest has it.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The pattern without its final `/...`; empty for `/...` itself.
    pub fn prefix(&self) -> &str {
        self.written.strip_suffix("/...").unwrap_or(&self.written)
    }

    /// Whether it ends in `/...`, which matches whatever follows, nothing included.
    pub fn is_catch_all(&self) -> bool {
        self.written.ends_with("/...")
    }

    /// The names of its `:parameters`, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Parameter(name) => Some(name.as_str()),
            Segment::Literal(_) => None,
        })
    }

    /// Whether its first segment does, which upsets the order in which Spin tries routes.
    pub(crate) fn begins_with_dot(&self) -> bool {
        matches!(self.segments.first(), Some(Segment::Literal(text)) if text.starts_with('.'))
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }
}

impl fmt::Display for RoutePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl Segment {
    fn parse(text: &str, first: bool) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix(':') {
            return match snake(name) {
                Ok(()) => Ok(Self::Parameter(name.to_owned())),
                // The value reaches the guest in a header, `spin-path-match-order-id`: other spellings could
                // meet there.
                Err(reason) => Err(format!("`:{name}` cannot name a parameter: {reason}")),
            };
        }
        if text.is_empty() {
            return Err("a route must not end in a slash nor have two in a row: Spin matches both with and \
                        without"
                .to_owned());
        }
        if text == "..." {
            return Err("`...` may only stand at the end of a route".to_owned());
        }
        if text == "*" {
            return Err("the catch-all is written `/...`, at the end of a route".to_owned());
        }
        if text.starts_with('.') && !first {
            // routefinder loses the slash before it: `/a/.b` would match the path `/a.b` and not `/a/.b`.
            return Err(format!(
                "`{text}` begins with a dot, which Spin misreads except at the start of a route"
            ));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        if let Some(stray) = text.chars().find(|c| !plain(*c)) {
            return Err(format!(
                "{stray:?} cannot stand in a route: its segments are letters, digits and -._~"
            ));
        }
        Ok(Self::Literal(text.to_owned()))
    }
}

#[cfg(test)]
mod tests;
