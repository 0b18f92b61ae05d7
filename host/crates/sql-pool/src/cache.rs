//! The statements that one physical connection has prepared, by their text.

use std::collections::HashMap;

use tokio_postgres::Statement;

/// Longer texts are prepared each time: they are generated ones, and the server keeps each prepared text in memory.
const TEXT_BYTES_MAX: usize = 32 * 1024;

/// At most so many statements; the one unused for longest makes room.
pub(crate) struct Statements {
    capacity: usize,
    /// Counts uses; a statement's own number is that of its last.
    clock: u64,
    by_text: HashMap<Box<str>, (Statement, u64)>,
}

impl Statements {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, clock: 0, by_text: HashMap::new() }
    }

    pub(crate) fn get(&mut self, sql: &str) -> Option<Statement> {
        self.clock += 1;
        let (statement, last_use) = self.by_text.get_mut(sql)?;
        *last_use = self.clock;
        Some(statement.clone())
    }

    pub(crate) fn keep(&mut self, sql: &str, statement: Statement) {
        if sql.len() > TEXT_BYTES_MAX || self.capacity == 0 {
            return;
        }
        if self.by_text.len() >= self.capacity {
            // A walk over a few hundred entries, once for each statement prepared beyond them, which itself costs a
            // round trip.
            let oldest =
                self.by_text.iter().min_by_key(|(_, (_, last_use))| *last_use).map(|(text, _)| text.clone());
            oldest.and_then(|text| self.by_text.remove(&text));
        }
        self.clock += 1;
        self.by_text.insert(sql.into(), (statement, self.clock));
    }

    pub(crate) fn forget(&mut self, sql: &str) {
        self.by_text.remove(sql);
    }
}
