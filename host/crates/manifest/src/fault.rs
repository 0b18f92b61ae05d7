//! What is wrong with a manifest, and where: the error this crate reports and the list it is gathered in.

use std::{
    error::Error,
    fmt, io,
    ops::Range,
    path::{Path, PathBuf},
};

/// One thing wrong with a manifest. Lines and columns count from 1; a column is a character, not a byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The line the fault begins on.
    pub line: usize,
    /// The character of that line it begins at.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// A manifest that cannot be used. Displayed, it is one line per fault: `spin.toml:12:3: message`.
#[derive(Debug)]
pub struct ManifestError {
    /// The manifest, as its path was given.
    pub file: PathBuf,
    /// Everything found wrong, in the order of the file. Empty only when the file could not be read at all;
    /// [`Error::source`] then has the cause.
    pub faults: Vec<Fault>,
    unreadable: Option<io::Error>,
}

impl ManifestError {
    pub(crate) fn unreadable(file: &Path, cause: io::Error) -> Self {
        Self { file: file.to_owned(), faults: Vec::new(), unreadable: Some(cause) }
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.display();
        if let Some(cause) = &self.unreadable {
            return write!(f, "{file}: cannot be read: {cause}");
        }
        for (index, Fault { line, column, message }) in self.faults.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{file}:{line}:{column}: {message}")?;
        }
        Ok(())
    }
}

impl Error for ManifestError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.unreadable.as_ref().map(|cause| cause as &(dyn Error + 'static))
    }
}

/// A position in the manifest, kept by whatever may turn out to be wrong only later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    /// Where a fault about the file as a whole points.
    pub(crate) const START: Place = Place { line: 1, column: 1 };
}

/// The faults found so far in one manifest, and the text that turns byte offsets into places.
pub(crate) struct Faults<'t> {
    text: &'t str,
    /// Where each line begins: every entry asks for its place, and a manifest has thousands of them.
    line_starts: Vec<usize>,
    found: Vec<Fault>,
}

impl<'t> Faults<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        let after_newlines = text.match_indices('\n').map(|(newline, _)| newline + 1);
        Self { text, line_starts: std::iter::once(0).chain(after_newlines).collect(), found: Vec::new() }
    }

    pub(crate) fn place(&self, span: &Range<usize>) -> Place {
        // An offset that is not a character boundary of this text would be a parser's mistake; the start of
        // the file is then a better answer than a panic.
        let line = self.line_starts.partition_point(|start| *start <= span.start);
        let line_start = line.checked_sub(1).and_then(|index| self.line_starts.get(index));
        let before = line_start.and_then(|start| self.text.get(*start..span.start));
        before.map_or(Place::START, |before| Place { line, column: 1 + before.chars().count() })
    }

    pub(crate) fn add(&mut self, place: Place, message: impl Into<String>) {
        self.found.push(Fault { line: place.line, column: place.column, message: message.into() });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn into_error(mut self, file: &Path) -> ManifestError {
        self.found.sort();
        // Two entries may earn the same fault, as a template that mentions a variable twice.
        self.found.dedup();
        ManifestError { file: file.to_owned(), faults: self.found, unreadable: None }
    }
}
