//! Iterating over a store's keys.

use redb::OwnedRange;

use crate::error::{Error, guarded};

/// The keys of one store at the moment [`keys`](crate::Store::keys) was called. Ends after an error.
pub struct Keys {
    range: Option<OwnedRange<&'static str, &'static [u8]>>,
}

impl Keys {
    /// `None` is a store that was never written to.
    pub(crate) fn new(range: Option<OwnedRange<&'static str, &'static [u8]>>) -> Self {
        Self { range }
    }
}

impl Iterator for Keys {
    type Item = Result<String, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let range = self.range.as_mut()?;
        let next = guarded(|| match range.next() {
            Some(entry) => Ok(Some(entry?.0.value().to_owned())),
            None => Ok(None),
        });
        if !matches!(next, Ok(Some(_))) {
            self.range = None;
        }
        next.transpose()
    }
}
