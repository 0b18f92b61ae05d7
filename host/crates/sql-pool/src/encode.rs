//! Parameters on their way to Postgres, through the same Rust types as Spin's driver, so that the same are refused.

use std::fmt;

use bytes::{BufMut, BytesMut};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use rust_decimal::Decimal;
use tokio_postgres::types::{IsNull, ToSql, Type, WrongType};
use uuid::Uuid;

use crate::error::chain;
use crate::range::Span;
use crate::value::{Date, Interval, Parameter, Range, RangeBound, Time};

/// A parameter that has been read and found to be what its case says.
pub(crate) enum Argument<'a> {
    Boolean(bool),
    Int8(i8),
    Int16(i16),
    Int32(i32),
    Int64(i64),
    Floating32(f32),
    Floating64(f64),
    Str(&'a String),
    Binary(&'a Vec<u8>),
    Date(NaiveDate),
    Time(NaiveTime),
    Datetime(NaiveDateTime),
    Timestamp(DateTime<Utc>),
    Uuid(Uuid),
    Json(&'a [u8]),
    Decimal(Decimal),
    RangeInt32(Span<i32>),
    RangeInt64(Span<i64>),
    RangeDecimal(Span<Decimal>),
    ArrayInt32(&'a Vec<Option<i32>>),
    ArrayInt64(&'a Vec<Option<i64>>),
    ArrayDecimal(Vec<Option<Decimal>>),
    ArrayStr(&'a Vec<Option<String>>),
    Interval(Interval),
    Null,
}

/// Silent about the value: the driver prints parameters at log level debug.
impl fmt::Debug for Argument<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("…")
    }
}

/// Reads a statement's parameters, or says which of them (from 1) is not what its case says, and why.
pub(crate) fn arguments(parameters: &[Parameter]) -> Result<Vec<Argument<'_>>, String> {
    parameters
        .iter()
        .enumerate()
        .map(|(index, parameter)| {
            argument(parameter).map_err(|why| format!("parameter ${}: {why}", index + 1))
        })
        .collect()
}

fn argument(parameter: &Parameter) -> Result<Argument<'_>, String> {
    Ok(match parameter {
        Parameter::Boolean(value) => Argument::Boolean(*value),
        Parameter::Int8(value) => Argument::Int8(*value),
        Parameter::Int16(value) => Argument::Int16(*value),
        Parameter::Int32(value) => Argument::Int32(*value),
        Parameter::Int64(value) => Argument::Int64(*value),
        Parameter::Floating32(value) => Argument::Floating32(*value),
        Parameter::Floating64(value) => Argument::Floating64(*value),
        Parameter::Str(text) => Argument::Str(text),
        Parameter::Binary(bytes) => Argument::Binary(bytes),
        Parameter::Date(value) => Argument::Date(date(*value)?),
        Parameter::Time(value) => Argument::Time(time(*value)?),
        Parameter::Datetime((year, month, day, hour, minute, second, nanosecond)) => Argument::Datetime(
            NaiveDateTime::new(date((*year, *month, *day))?, time((*hour, *minute, *second, *nanosecond))?),
        ),
        Parameter::Timestamp(seconds) => {
            Argument::Timestamp(DateTime::from_timestamp(*seconds, 0).ok_or("invalid epoch timestamp")?)
        }
        Parameter::Uuid(text) => {
            Argument::Uuid(Uuid::parse_str(text).map_err(|error| format!("invalid UUID: {}", chain(&error)))?)
        }
        Parameter::Jsonb(text) => Argument::Json(json(text)?),
        Parameter::Decimal(text) => Argument::Decimal(decimal(text)?),
        Parameter::RangeInt32(range) => Argument::RangeInt32(Span(*range)),
        Parameter::RangeInt64(range) => Argument::RangeInt64(Span(*range)),
        Parameter::RangeDecimal(range) => Argument::RangeDecimal(decimal_range(range)?),
        Parameter::ArrayInt32(items) => Argument::ArrayInt32(items),
        Parameter::ArrayInt64(items) => Argument::ArrayInt64(items),
        Parameter::ArrayDecimal(items) => Argument::ArrayDecimal(
            items.iter().map(|item| item.as_deref().map(decimal).transpose()).collect::<Result<_, _>>()?,
        ),
        Parameter::ArrayStr(items) => Argument::ArrayStr(items),
        Parameter::Interval(interval) => Argument::Interval(*interval),
        Parameter::Null => Argument::Null,
    })
}

fn date((year, month, day): Date) -> Result<NaiveDate, &'static str> {
    NaiveDate::from_ymd_opt(year, month.into(), day.into()).ok_or("invalid date")
}

fn time((hour, minute, second, nanosecond): Time) -> Result<NaiveTime, &'static str> {
    NaiveTime::from_hms_nano_opt(hour.into(), minute.into(), second.into(), nanosecond).ok_or("invalid time")
}

/// Checked and not parsed: the server parses it anyway, and a value built here would be printed again only to lose
/// digits of its numbers. What this check passes and the server does not (a lone surrogate) is a `db-error`.
fn json(text: &[u8]) -> Result<&[u8], String> {
    std::str::from_utf8(text).map_err(|error| format!("invalid JSON: {error}"))?;
    serde_json::from_slice::<serde::de::IgnoredAny>(text)
        .map_err(|error| format!("invalid JSON: {error}"))?;
    Ok(text)
}

fn decimal(text: &str) -> Result<Decimal, String> {
    Decimal::from_str_exact(text).map_err(|error| format!("invalid decimal: {error}"))
}

fn decimal_range((lower, upper): &Range<String>) -> Result<Span<Decimal>, String> {
    let bound = |bound: &RangeBound<String>| {
        bound.as_ref().map(|(value, kind)| decimal(value).map(|value| (value, *kind))).transpose()
    };
    Ok(Span((bound(lower)?, bound(upper)?)))
}

impl ToSql for Argument<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Boolean(value) => value.to_sql_checked(ty, out),
            Self::Int8(value) => value.to_sql_checked(ty, out),
            Self::Int16(value) => value.to_sql_checked(ty, out),
            Self::Int32(value) => value.to_sql_checked(ty, out),
            Self::Int64(value) => value.to_sql_checked(ty, out),
            Self::Floating32(value) => value.to_sql_checked(ty, out),
            Self::Floating64(value) => value.to_sql_checked(ty, out),
            Self::Str(text) => String::to_sql_checked(text, ty, out),
            Self::Binary(bytes) => Vec::to_sql_checked(bytes, ty, out),
            Self::Date(value) => value.to_sql_checked(ty, out),
            Self::Time(value) => value.to_sql_checked(ty, out),
            Self::Datetime(value) => value.to_sql_checked(ty, out),
            Self::Timestamp(value) => value.to_sql_checked(ty, out),
            Self::Uuid(value) => value.to_sql_checked(ty, out),
            Self::Json(text) => json_to_sql(text, ty, out),
            Self::Decimal(value) => value.to_sql_checked(ty, out),
            Self::RangeInt32(range) => range.to_sql_checked(ty, out),
            Self::RangeInt64(range) => range.to_sql_checked(ty, out),
            Self::RangeDecimal(range) => range.to_sql_checked(ty, out),
            Self::ArrayInt32(items) => Vec::to_sql_checked(items, ty, out),
            Self::ArrayInt64(items) => Vec::to_sql_checked(items, ty, out),
            Self::ArrayDecimal(items) => items.to_sql_checked(ty, out),
            Self::ArrayStr(items) => Vec::to_sql_checked(items, ty, out),
            Self::Interval(interval) => interval.to_sql_checked(ty, out),
            Self::Null => Ok(IsNull::Yes),
        }
    }

    /// Each case asks its own type in [`ToSql::to_sql`].
    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// The first byte of `jsonb`'s binary form; the text follows.
pub(crate) const JSONB_VERSION: u8 = 1;

fn json_to_sql(
    text: &[u8],
    ty: &Type,
    out: &mut BytesMut,
) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
    match *ty {
        Type::JSONB => out.put_u8(JSONB_VERSION),
        Type::JSON => {}
        _ => return Err(Box::new(WrongType::new::<serde_json::Value>(ty.clone()))),
    }
    out.put_slice(text);
    Ok(IsNull::No)
}

impl ToSql for Interval {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.put_i64(self.micros);
        out.put_i32(self.days);
        out.put_i32(self.months);
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::INTERVAL
    }

    tokio_postgres::types::to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(parameter: &Parameter, ty: &Type) {
        if let Ok(argument) = argument(parameter) {
            let _ = argument.to_sql_checked(ty, &mut BytesMut::new());
        }
    }

    proptest! {
        #[test]
        fn no_number_makes_the_writing_panic(text in "-?[0-9]{0,31}[.]?[0-9]{0,31}(e-?[0-9]{1,3})?") {
            written(&Parameter::Decimal(text.clone()), &Type::NUMERIC);
            let range = (Some((text, crate::BoundKind::Exclusive)), None);
            written(&Parameter::RangeDecimal(range), &Type::NUM_RANGE);
        }

        #[test]
        fn no_moment_makes_the_writing_panic(
            (year, month, day) in any::<Date>(),
            (hour, minute, second, nanosecond) in any::<Time>(),
            seconds: i64,
        ) {
            written(&Parameter::Date((year, month % 13, day % 32)), &Type::DATE);
            written(&Parameter::Time((hour % 25, minute % 61, second % 61, nanosecond)), &Type::TIME);
            let moment = (year, month % 13, day % 32, hour % 25, minute % 61, second % 61, nanosecond);
            written(&Parameter::Datetime(moment), &Type::TIMESTAMP);
            written(&Parameter::Timestamp(seconds), &Type::TIMESTAMPTZ);
            written(&Parameter::Timestamp(seconds >> 20), &Type::TIMESTAMPTZ);
        }

        #[test]
        fn no_ends_make_the_writing_panic(lower: i32, upper: i64) {
            for kind in [crate::BoundKind::Inclusive, crate::BoundKind::Exclusive] {
                for lower in [lower, i32::MIN, i32::MAX] {
                    written(&Parameter::RangeInt32((Some((lower, kind)), Some((i32::MAX, kind)))), &Type::INT4_RANGE);
                }
                for upper in [upper, i64::MIN, i64::MAX] {
                    written(&Parameter::RangeInt64((Some((i64::MAX, kind)), Some((upper, kind)))), &Type::INT8_RANGE);
                }
            }
        }
    }
}
