//! One value of the body, on its way to becoming one of ours.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde_json::Value;

use crate::fault::{Faulted, Invalid, code};
use crate::line::one_line;
use crate::object::Object;
use crate::place::{Place, Step};

/// A value that is there and not null. Each method reads it as one type, and records a fault when it is not.
pub struct Field<'v> {
    value: &'v Value,
    place: Place<'v>,
}

impl<'v> Field<'v> {
    pub(crate) fn new(value: &'v Value, place: Place<'v>) -> Self {
        Self { value, place }
    }

    /// Records that the value is wrong in a way only the caller knows.
    pub fn fault(&self, code: &'static str, detail: impl Into<String>) -> Faulted {
        self.place.fault(code, detail.into())
    }

    /// Text, as it stands ([`TEXT_PATTERN`](crate::TEXT_PATTERN)). U+0000 is refused: JSON can write it, Postgres can store it neither as text nor as JSON.
    pub fn string(self) -> Result<&'v str, Faulted> {
        match self.value {
            Value::String(text) if text.contains('\0') => {
                Err(self.wrong(code::INVALID, "must not contain the character U+0000"))
            }
            Value::String(text) => Ok(text),
            _ => Err(self.wrong_type("a string")),
        }
    }

    /// Text of `chars` characters (Unicode scalar values), as it stands.
    pub fn string_of(self, chars: RangeInclusive<usize>) -> Result<&'v str, Faulted> {
        let place = self.place.clone();
        let text = self.string()?;
        check_size(&place, text.chars().count(), &chars, "characters")?;
        Ok(text)
    }

    /// One line of text, as [`one_line`] wants it.
    pub fn line(self, most_chars: usize) -> Result<&'v str, Faulted> {
        let place = self.place.clone();
        self.parse_with(|text| one_line(&place.label(), text, most_chars))
    }

    /// Text that a type of the rules takes.
    pub fn parse<T>(self) -> Result<T, Faulted>
    where
        T: FromStr,
        T::Err: Into<Invalid>,
    {
        self.parse_with(|text| text.parse::<T>().map_err(Into::into))
    }

    /// Text that `convert` takes.
    pub fn parse_with<T>(self, convert: impl FnOnce(&'v str) -> Result<T, Invalid>) -> Result<T, Faulted> {
        let place = self.place.clone();
        let text = self.string()?;
        convert(text).map_err(|invalid| place.fault(invalid.code, invalid.detail.into_owned()))
    }

    /// A whole number of 64 bits. `1.0` and `1e3` are refused as `1.5` is: whoever writes a fraction where a count
    /// is meant has more wrong than the notation.
    pub fn integer(self) -> Result<i64, Faulted> {
        match self.value {
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Ok(integer),
                None if number.is_f64() => Err(self.wrong_type("a whole number")),
                None => Err(self.wrong(code::OUT_OF_RANGE, "must fit 64 bits")),
            },
            _ => Err(self.wrong_type("a whole number")),
        }
    }

    /// A whole number within `range`.
    pub fn integer_in(self, range: RangeInclusive<i64>) -> Result<i64, Faulted> {
        let place = self.place.clone();
        if let Value::Number(number) = self.value
            && !number.is_f64()
            && !number.as_i64().is_some_and(|integer| range.contains(&integer))
        {
            let detail = format!("{} must be between {} and {}", place.label(), range.start(), range.end());
            return Err(place.fault(code::OUT_OF_RANGE, detail));
        }
        self.integer()
    }

    /// A whole number that a type of the rules takes.
    pub fn integer_with<T>(self, convert: impl FnOnce(i64) -> Result<T, Invalid>) -> Result<T, Faulted> {
        let place = self.place.clone();
        let integer = self.integer()?;
        convert(integer).map_err(|invalid| place.fault(invalid.code, invalid.detail.into_owned()))
    }

    /// `true` or `false`.
    pub fn boolean(self) -> Result<bool, Faulted> {
        match self.value {
            Value::Bool(flag) => Ok(*flag),
            _ => Err(self.wrong_type("true or false")),
        }
    }

    /// An object, read by `read`. Its unknown fields are faults.
    pub fn object<T>(self, read: impl FnOnce(&mut Object<'v>) -> Result<T, Faulted>) -> Result<T, Faulted> {
        match self.value {
            Value::Object(members) => Object::read(members, self.place.inside(), read),
            _ => Err(self.wrong_type("an object")),
        }
    }

    /// An array of `items` items, each read by `read`. All are read, even after one is found wrong; none is when
    /// their number is wrong.
    pub fn array<T>(
        self,
        items: RangeInclusive<usize>,
        mut read: impl FnMut(Field<'v>) -> Result<T, Faulted>,
    ) -> Result<Vec<T>, Faulted> {
        let Value::Array(values) = self.value else { return Err(self.wrong_type("an array")) };
        check_size(&self.place, values.len(), &items, "items")?;
        let inside = self.place.inside();
        let mut read_items = Ok(Vec::with_capacity(values.len()));
        for (index, value) in values.iter().enumerate() {
            let item = read(Field::new(value, inside.at(Step::Item(index))));
            read_items = both(read_items, item, Vec::push);
        }
        read_items
    }

    /// An object whose member names are data and not field names, with `entries` members. `read` gets each name
    /// with its value, as a [`Field`] by which faults of the name are told too.
    pub fn map<T>(
        self,
        entries: RangeInclusive<usize>,
        mut read: impl FnMut(&'v str, Field<'v>) -> Result<T, Faulted>,
    ) -> Result<BTreeMap<String, T>, Faulted> {
        let Value::Object(members) = self.value else { return Err(self.wrong_type("an object")) };
        check_size(&self.place, members.len(), &entries, "entries")?;
        let inside = self.place.inside();
        let mut read_entries = Ok(BTreeMap::new());
        for (name, value) in members {
            let field = Field::new(value, inside.at(Step::Member(name)));
            let entry = if name.contains('\0') {
                Err(field.wrong(code::INVALID, "must not have the character U+0000 in its name"))
            } else {
                read(name, field)
            };
            read_entries = both(read_entries, entry, |entries, entry| {
                entries.insert(name.clone(), entry);
            });
        }
        read_entries
    }

    /// Records a fault whose sentence begins with the field's name.
    fn wrong(&self, code: &'static str, what: &str) -> Faulted {
        self.place.fault(code, format!("{} {what}", self.place.label()))
    }

    fn wrong_type(&self, expected: &str) -> Faulted {
        self.wrong(code::WRONG_TYPE, &format!("must be {expected}"))
    }
}

/// Adds `next` to what was read so far, if both could be read.
fn both<A, T>(
    so_far: Result<A, Faulted>,
    next: Result<T, Faulted>,
    add: impl FnOnce(&mut A, T),
) -> Result<A, Faulted> {
    let mut so_far = so_far?;
    add(&mut so_far, next?);
    Ok(so_far)
}

fn check_size(
    place: &Place<'_>,
    size: usize,
    range: &RangeInclusive<usize>,
    unit: &str,
) -> Result<(), Faulted> {
    if size > *range.end() {
        let detail = format!("{} must not have more than {} {unit}", place.label(), range.end());
        return Err(place.fault(code::TOO_LONG, detail));
    }
    if size < *range.start() {
        let detail = match range.start() {
            1 => format!("{} must not be empty", place.label()),
            least => format!("{} must have at least {least} {unit}", place.label()),
        };
        return Err(place.fault(code::TOO_SHORT, detail));
    }
    Ok(())
}
