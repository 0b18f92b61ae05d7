//! Reading rows: columns are taken in the order of the SELECT list, without looking their names up.

use spin_sdk::pg::DbValue;

use crate::Failure;

/// A row whose columns are taken one after the other.
#[derive(Debug)]
pub struct Row(std::vec::IntoIter<DbValue>);

impl Row {
    pub(crate) fn new(values: Vec<DbValue>) -> Self {
        Self(values.into_iter())
    }

    /// The next column, decoded. Its type in Postgres must be the one that `T` stands for.
    pub fn take<T: FromColumn>(&mut self) -> Result<T, Failure> {
        self.0.next().and_then(T::from_column).ok_or_else(|| Failure::decoding(T::EXPECTED))
    }
}

/// A type that a column can be read as.
pub trait FromColumn: Sized {
    /// What the column has to be, for an error's text.
    const EXPECTED: &'static str;

    /// The value; `None` when the column is something else.
    fn from_column(value: DbValue) -> Option<Self>;
}

macro_rules! from_column {
    ($($type:ty, $expected:literal, $pattern:pat => $value:expr;)+) => {$(
        impl FromColumn for $type {
            const EXPECTED: &'static str = $expected;

            fn from_column(value: DbValue) -> Option<Self> {
                match value {
                    $pattern => Some($value),
                    _ => None,
                }
            }
        }
    )+};
}

from_column! {
    String, "text", DbValue::Str(text) | DbValue::Uuid(text) => text;
    i64, "a bigint", DbValue::Int64(number) => number;
    i32, "an integer", DbValue::Int32(number) => number;
    bool, "a boolean", DbValue::Boolean(truth) => truth;
    Vec<u8>, "a bytea", DbValue::Binary(bytes) => bytes;
}

/// `text[]` without nulls in it.
impl FromColumn for Vec<String> {
    const EXPECTED: &'static str = "an array of text";

    fn from_column(value: DbValue) -> Option<Self> {
        match value {
            DbValue::ArrayStr(texts) => texts.into_iter().collect(),
            _ => None,
        }
    }
}

/// A column that may be null.
impl<T: FromColumn> FromColumn for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_column(value: DbValue) -> Option<Self> {
        match value {
            DbValue::DbNull => Some(None),
            value => T::from_column(value).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DbValue, Failure, Row};

    #[test]
    fn columns_are_taken_in_order() {
        let mut row = Row::new(vec![
            DbValue::Uuid("0193f0c4-8f5e-7a51-b7d2-3f6a2f1b9c11".to_owned()),
            DbValue::Int64(7),
            DbValue::DbNull,
            DbValue::ArrayStr(vec![Some("a".to_owned())]),
        ]);
        assert_eq!(row.take::<String>().unwrap(), "0193f0c4-8f5e-7a51-b7d2-3f6a2f1b9c11");
        assert_eq!(row.take::<Option<i64>>().unwrap(), Some(7));
        assert_eq!(row.take::<Option<String>>().unwrap(), None);
        assert_eq!(row.take::<Vec<String>>().unwrap(), ["a"]);
    }

    #[test]
    fn a_column_of_another_type_and_one_that_is_not_there_are_failures() {
        let mut row = Row::new(vec![DbValue::Int32(7), DbValue::DbNull, DbValue::ArrayStr(vec![None])]);
        assert_eq!(row.take::<i64>(), Err(Failure::Other("a column is not a bigint".to_owned())));
        assert!(row.take::<String>().is_err());
        assert!(row.take::<Vec<String>>().is_err());
        assert!(row.take::<bool>().is_err());
    }
}
