//! The lines of a text that comes in pieces, such as newline-delimited JSON.
//!
//! A line ends with `\n`, the last one with the text. Lines of nothing but white space are counted and passed over. A
//! line that is too long is told of as that and never kept: what a sender can make this remember is one line.

#[cfg(test)]
mod tests;

/// A line, without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// What it says; `None` when it is too long to be looked at.
    pub text: Option<Vec<u8>>,
}

/// Takes pieces in, gives lines out.
#[derive(Debug)]
pub struct Lines {
    most_bytes: usize,
    /// The number of the line that is under way.
    number: u64,
    begun: Vec<u8>,
    is_too_long: bool,
}

impl Lines {
    /// Lines of at most `most_bytes`, their ends not counted.
    pub fn of_at_most(most_bytes: usize) -> Self {
        Self { most_bytes, number: 1, begun: Vec::new(), is_too_long: false }
    }

    /// The lines that `piece` completes.
    pub fn push(&mut self, piece: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut parts = piece.split(|byte| *byte == b'\n');
        // What follows the last line's end, or the whole piece: the beginning of a line.
        let rest = parts.next_back().unwrap_or_default();
        for part in parts {
            self.add(part);
            lines.extend(self.end());
            self.number += 1;
        }
        self.add(rest);
        lines
    }

    /// The last line, if the text did not end with a line's end.
    pub fn finish(&mut self) -> Option<Line> {
        self.end()
    }

    /// The number of the line that is under way: what comes before it has been given out.
    pub fn number(&self) -> u64 {
        self.number
    }

    fn add(&mut self, part: &[u8]) {
        if self.is_too_long || self.begun.len() + part.len() > self.most_bytes {
            self.is_too_long = true;
            self.begun = Vec::new();
        } else {
            self.begun.extend_from_slice(part);
        }
    }

    fn end(&mut self) -> Option<Line> {
        let text = std::mem::take(&mut self.begun);
        if std::mem::take(&mut self.is_too_long) {
            return Some(Line { number: self.number, text: None });
        }
        if text.trim_ascii().is_empty() {
            return None;
        }
        Some(Line { number: self.number, text: Some(text) })
    }
}
