//! A part of a list that is read by ids, newest first, through a function of the form `list(…, after, before, limit)`. Such a
//! function answers what precedes an id nearest first, because that is how it is found.

use crate::{Failure, Parameter, Row};

/// The most items of a part.
const MOST: u32 = 100;

/// Which part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    after: Option<String>,
    before: Option<String>,
    most: u32,
}

/// A port's `start`, whose Rust type is each adapter's own, with a limit, as a [`Part`].
#[macro_export]
macro_rules! part_of {
    ($start:expr, $most:expr) => {
        match $start {
            Start::Top => $crate::Part::new(None, None, $most),
            Start::After(id) => $crate::Part::new(Some(id), None, $most),
            Start::Before(id) => $crate::Part::new(None, Some(id), $most),
        }
    };
}

impl Part {
    /// What follows one UUID or precedes another; at most so many items, of which at least one and at most a hundred count.
    pub fn new(after: Option<String>, before: Option<String>, most: u32) -> Self {
        Self { after, before, most: most.clamp(1, MOST) }
    }

    /// The function's last three parameters.
    pub fn parameters(&self) -> [Parameter; 3] {
        let uuid = |id: &Option<String>| id.clone().map_or(Parameter::DbNull, Parameter::Uuid);
        // One more than the part holds tells whether there is more.
        let wanted = i32::try_from(self.most).unwrap_or(i32::MAX).saturating_add(1);
        [uuid(&self.after), uuid(&self.before), Parameter::Int32(wanted)]
    }

    /// The items that these rows are, newest first, and whether there are more beyond.
    pub fn items<T>(
        &self,
        mut rows: Vec<Row>,
        item_of: impl FnMut(Row) -> Result<T, Failure>,
    ) -> Result<(Vec<T>, bool), Failure> {
        let most = usize::try_from(self.most).unwrap_or(usize::MAX);
        let has_more = rows.len() > most;
        rows.truncate(most);
        let mut items = rows.into_iter().map(item_of).collect::<Result<Vec<_>, _>>()?;
        if self.before.is_some() {
            items.reverse();
        }
        Ok((items, has_more))
    }
}
