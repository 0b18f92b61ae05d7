//! An object of the body, asked for its fields one by one.

use std::cell::RefCell;
use std::rc::Rc;

use serde_json::{Map, Value};

use crate::fault::{Faulted, Faults, code};
use crate::field::Field;
use crate::place::{Inside, Place, Step};

/// An object that remembers which of its fields were asked for.
pub struct Object<'v> {
    members: &'v Map<String, Value>,
    inside: Inside<'v>,
    known: Vec<&'static str>,
}

/// Reads `body`, which must be an object, with `read`.
///
/// The value that `read` makes comes back only if no fault was recorded anywhere, unknown fields included.
pub fn read<'v, T>(
    body: &'v Value,
    read: impl FnOnce(&mut Object<'v>) -> Result<T, Faulted>,
) -> Result<T, Faults> {
    let faults = Rc::new(RefCell::new(Faults::default()));
    let result = Field::new(body, Place::root(Rc::clone(&faults))).object(read);
    let faults = faults.take();
    match result {
        Ok(value) if faults.is_empty() => Ok(value),
        _ => Err(faults),
    }
}

impl<'v> Object<'v> {
    pub(crate) fn read<T>(
        members: &'v Map<String, Value>,
        inside: Inside<'v>,
        read: impl FnOnce(&mut Self) -> Result<T, Faulted>,
    ) -> Result<T, Faulted> {
        let mut object = Self { members, inside, known: Vec::new() };
        let value = read(&mut object);
        // After the known fields, so that these keep the order in which they were asked for.
        object.refuse_unknown().and(value)
    }

    /// A field that must be there. Missing and null are the same fault.
    pub fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Field<'v>) -> Result<T, Faulted>,
    ) -> Result<T, Faulted> {
        if let Some(field) = self.field(name) {
            return read(field);
        }
        let place = self.inside.at(Step::Member(name));
        Err(place.fault(code::REQUIRED, format!("{} is required", place.label())))
    }

    /// A field that may be missing or, which means the same, null.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Field<'v>) -> Result<T, Faulted>,
    ) -> Result<Option<T>, Faulted> {
        self.field(name).map(read).transpose()
    }

    /// Records a fault of a member that shows only when several are looked at together.
    pub fn fault(&self, name: &'static str, code: &'static str, detail: impl Into<String>) -> Faulted {
        self.inside.at(Step::Member(name)).fault(code, detail.into())
    }

    fn field(&mut self, name: &'static str) -> Option<Field<'v>> {
        self.known.push(name);
        let value = self.members.get(name).filter(|value| !value.is_null())?;
        Some(Field::new(value, self.inside.at(Step::Member(name))))
    }

    fn refuse_unknown(&self) -> Result<(), Faulted> {
        let mut result = Ok(());
        for name in self.members.keys().filter(|name| !self.known.contains(&name.as_str())) {
            let detail = format!("`{name}` is not a field here");
            result = Err(self.inside.at(Step::Member(name)).fault(code::UNKNOWN_FIELD, detail));
        }
        result
    }
}
