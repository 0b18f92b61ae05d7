//! The values that go in and come out, case by case those of `spin:postgres`.

use std::fmt;

/// Year, month, day.
pub type Date = (i32, u8, u8);
/// Hour, minute, second, nanosecond.
pub type Time = (u8, u8, u8, u32);
/// Year, month, day, hour, minute, second, nanosecond, without a time zone.
pub type Datetime = (i32, u8, u8, u8, u8, u8, u32);
/// One end of a range; `None` is unbounded.
pub type RangeBound<T> = Option<(T, BoundKind)>;
/// The lower and the upper end. An empty range reads as two unbounded ends, which is Spin's reading of it.
pub type Range<T> = (RangeBound<T>, RangeBound<T>);

/// Whether the value at a range's end belongs to the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoundKind {
    /// It does.
    Inclusive,
    /// It does not.
    Exclusive,
}

/// A span of time in Postgres's three units, which do not convert into each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// Microseconds.
    pub micros: i64,
    /// Days.
    pub days: i32,
    /// Months.
    pub months: i32,
}

/// A value for `$1`, `$2`, … of a statement. Its case must fit the type that Postgres gives the placeholder; nothing
/// is converted, so an `Int64` for an `int4` is refused.
#[derive(Clone, PartialEq)]
pub enum Parameter {
    /// For `bool`.
    Boolean(bool),
    /// For `"char"`.
    Int8(i8),
    /// For `int2`.
    Int16(i16),
    /// For `int4`.
    Int32(i32),
    /// For `int8`.
    Int64(i64),
    /// For `float4`.
    Floating32(f32),
    /// For `float8`.
    Floating64(f64),
    /// For `text`, `varchar`, `bpchar`, `name`, `citext` and `ltree` with its queries.
    Str(String),
    /// For `bytea`.
    Binary(Vec<u8>),
    /// For `date`.
    Date(Date),
    /// For `time`.
    Time(Time),
    /// For `timestamp`.
    Datetime(Datetime),
    /// For `timestamptz`: seconds since 1970.
    Timestamp(i64),
    /// For `uuid`, in any spelling that the `uuid` crate reads.
    Uuid(String),
    /// For `jsonb` and `json`: JSON text.
    Jsonb(Vec<u8>),
    /// For `numeric`, base 10, up to 28 digits.
    Decimal(String),
    /// For `int4range`.
    RangeInt32(Range<i32>),
    /// For `int8range`.
    RangeInt64(Range<i64>),
    /// For `numrange`.
    RangeDecimal(Range<String>),
    /// For `int4[]`.
    ArrayInt32(Vec<Option<i32>>),
    /// For `int8[]`.
    ArrayInt64(Vec<Option<i64>>),
    /// For `numeric[]`.
    ArrayDecimal(Vec<Option<String>>),
    /// For `text[]` and its like.
    ArrayStr(Vec<Option<String>>),
    /// For `interval`.
    Interval(Interval),
    /// NULL of any type.
    Null,
}

/// Names the case and keeps the value to itself: parameters are where passwords and card tokens travel.
impl fmt::Debug for Parameter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Boolean(_) => "Boolean(…)",
            Self::Int8(_) => "Int8(…)",
            Self::Int16(_) => "Int16(…)",
            Self::Int32(_) => "Int32(…)",
            Self::Int64(_) => "Int64(…)",
            Self::Floating32(_) => "Floating32(…)",
            Self::Floating64(_) => "Floating64(…)",
            Self::Str(_) => "Str(…)",
            Self::Binary(_) => "Binary(…)",
            Self::Date(_) => "Date(…)",
            Self::Time(_) => "Time(…)",
            Self::Datetime(_) => "Datetime(…)",
            Self::Timestamp(_) => "Timestamp(…)",
            Self::Uuid(_) => "Uuid(…)",
            Self::Jsonb(_) => "Jsonb(…)",
            Self::Decimal(_) => "Decimal(…)",
            Self::RangeInt32(_) => "RangeInt32(…)",
            Self::RangeInt64(_) => "RangeInt64(…)",
            Self::RangeDecimal(_) => "RangeDecimal(…)",
            Self::ArrayInt32(_) => "ArrayInt32(…)",
            Self::ArrayInt64(_) => "ArrayInt64(…)",
            Self::ArrayDecimal(_) => "ArrayDecimal(…)",
            Self::ArrayStr(_) => "ArrayStr(…)",
            Self::Interval(_) => "Interval(…)",
            Self::Null => "Null",
        })
    }
}

/// A value of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// From `bool`.
    Boolean(bool),
    /// Never made: Postgres has no one-byte integer that Spin reads. It mirrors the WIT's case.
    Int8(i8),
    /// From `int2`.
    Int16(i16),
    /// From `int4`.
    Int32(i32),
    /// From `int8`.
    Int64(i64),
    /// From `float4`.
    Floating32(f32),
    /// From `float8`.
    Floating64(f64),
    /// From `text`, `varchar` and `bpchar`.
    Str(String),
    /// From `bytea`.
    Binary(Vec<u8>),
    /// From `date`.
    Date(Date),
    /// From `time`.
    Time(Time),
    /// From `timestamp`. A `timestamptz` is an error, as on Spin: select it `AT TIME ZONE 'UTC'` or as text.
    Datetime(Datetime),
    /// Never made: Spin reads no column as seconds. It mirrors the WIT's case.
    Timestamp(i64),
    /// From `uuid`, hyphenated, in lower case.
    Uuid(String),
    /// From `jsonb`: the JSON text as Postgres prints it.
    Jsonb(Vec<u8>),
    /// From `numeric`, base 10, up to 28 digits; beyond that an error, as on Spin.
    Decimal(String),
    /// From `int4range`.
    RangeInt32(Range<i32>),
    /// From `int8range`.
    RangeInt64(Range<i64>),
    /// From `numrange`.
    RangeDecimal(Range<String>),
    /// From `int4[]`, one-dimensional.
    ArrayInt32(Vec<Option<i32>>),
    /// From `int8[]`, one-dimensional.
    ArrayInt64(Vec<Option<i64>>),
    /// From `numeric[]`, one-dimensional.
    ArrayDecimal(Vec<Option<String>>),
    /// From `text[]`, `varchar[]` and `bpchar[]`, one-dimensional.
    ArrayStr(Vec<Option<String>>),
    /// From `interval`.
    Interval(Interval),
    /// NULL of any type.
    Null,
    /// Any other type, in Postgres's binary form.
    Unsupported(Vec<u8>),
}

impl Value {
    /// How many bytes it holds, itself included.
    pub(crate) fn held_bytes(&self) -> usize {
        let beyond = match self {
            Self::Str(text) | Self::Uuid(text) | Self::Decimal(text) => text.len(),
            Self::Binary(bytes) | Self::Jsonb(bytes) | Self::Unsupported(bytes) => bytes.len(),
            Self::ArrayInt32(items) => size_of_val(items.as_slice()),
            Self::ArrayInt64(items) => size_of_val(items.as_slice()),
            Self::ArrayDecimal(items) | Self::ArrayStr(items) => {
                size_of_val(items.as_slice()) + items.iter().flatten().map(String::len).sum::<usize>()
            }
            _ => 0,
        };
        size_of::<Self>() + beyond
    }
}

/// A column of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name, or `?column?`.
    pub name: String,
    /// Which case its values have.
    pub data_type: DataType,
}

/// What a column's values are, by the case of [`Value`] that they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataType {
    /// [`Value::Boolean`].
    Boolean,
    /// [`Value::Int8`].
    Int8,
    /// [`Value::Int16`].
    Int16,
    /// [`Value::Int32`].
    Int32,
    /// [`Value::Int64`].
    Int64,
    /// [`Value::Floating32`].
    Floating32,
    /// [`Value::Floating64`].
    Floating64,
    /// [`Value::Str`].
    Str,
    /// [`Value::Binary`].
    Binary,
    /// [`Value::Date`].
    Date,
    /// [`Value::Time`].
    Time,
    /// [`Value::Datetime`].
    Datetime,
    /// [`Value::Timestamp`].
    Timestamp,
    /// [`Value::Uuid`].
    Uuid,
    /// [`Value::Jsonb`].
    Jsonb,
    /// [`Value::Decimal`].
    Decimal,
    /// [`Value::RangeInt32`].
    RangeInt32,
    /// [`Value::RangeInt64`].
    RangeInt64,
    /// [`Value::RangeDecimal`].
    RangeDecimal,
    /// [`Value::ArrayInt32`].
    ArrayInt32,
    /// [`Value::ArrayInt64`].
    ArrayInt64,
    /// [`Value::ArrayDecimal`].
    ArrayDecimal,
    /// [`Value::ArrayStr`].
    ArrayStr,
    /// [`Value::Interval`].
    Interval,
    /// [`Value::Unsupported`]: Postgres's name of the type.
    Other(String),
}
