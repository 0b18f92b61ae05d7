//! Which orders a customer has, as the view store keeps it: the days on which he ordered, and a page for each day.
//!
//! What stands in a page depends on what was noted and not on the order or the number of times in which it was: of each
//! order the highest version. So a list that is made again from the events comes out byte for byte as it was. The bytes
//! are JSON, sorted.
//!
//! A day and not one list for all: whoever notes an order reads and writes a whole page, and a customer of ten years has
//! ordered much. The views themselves are not in it for the same reason; a page of them would be written anew with each
//! of an order's events.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Days since 1970-01-01, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(u64);

impl Day {
    /// The day on which this `UUIDv7` was made. Of any other UUID it is a number that means nothing and is always the same.
    pub fn of(id: Uuid) -> Self {
        const MILLISECONDS: u128 = 86_400_000;
        // The first 48 bits are the time, so the quotient is small.
        let milliseconds = id.as_u128() >> 80;
        Self(u64::try_from(milliseconds / MILLISECONDS).unwrap_or(u64::MAX))
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// The days on which a customer ordered: those that have a page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Days(BTreeSet<Day>);

impl Days {
    /// Notes a day; whether it is a new one.
    pub fn note(&mut self, day: Day) -> bool {
        self.0.insert(day)
    }

    /// The days, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Day> {
        self.0.iter().copied()
    }
}

/// The orders of one day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Page(BTreeMap<Uuid, Listed>);

/// What the list says of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Version of the order of which this was said.
    pub version: u64,
    /// The order's status in that version.
    pub status: String,
}

impl Page {
    /// Notes an order unless the page says the same or something newer of it; whether it was noted.
    pub fn note(&mut self, order: Uuid, listed: Listed) -> bool {
        if self.0.get(&order).is_some_and(|there| there.version >= listed.version) {
            return false;
        }
        self.0.insert(order, listed);
        true
    }

    /// What is said of this order.
    pub fn get(&self, order: Uuid) -> Option<&Listed> {
        self.0.get(&order)
    }

    /// The orders and what is said of them, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Uuid, &Listed)> {
        self.0.iter().map(|(order, listed)| (*order, listed))
    }
}

/// The last orders that a customer's own commands have told of, newest last: what the list may not have heard yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Recent(BTreeSet<Uuid>);

impl Recent {
    /// The most that are remembered. The list is behind by milliseconds.
    pub const MOST: usize = 16;

    /// Notes an order; whether it was not there.
    pub fn note(&mut self, order: Uuid) -> bool {
        let is_new = self.0.insert(order);
        while self.0.len() > Self::MOST {
            self.0.pop_first();
        }
        is_new
    }

    /// The orders, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Uuid> {
        self.0.iter().copied()
    }
}
