//! Values on their way from Postgres, by the column's type, in the cases that Spin gives them.

use std::error::Error;

use bytes::Buf;
use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use rust_decimal::Decimal;
use tokio_postgres::types::{FromSql, Type, WrongType};
use uuid::Uuid;

use crate::encode::JSONB_VERSION;
use crate::range::Span;
use crate::value::{Column, DataType, Date, Interval, Range, RangeBound, Time, Value};

type Failure = Box<dyn Error + Sync + Send>;

/// Reads a row, or says which column (from 0) cannot be read, and why.
pub(crate) fn row(row: &tokio_postgres::Row) -> Result<Vec<Value>, tokio_postgres::Error> {
    (0..row.len()).map(|index| row.try_get::<_, Cell>(index).map(|Cell(value)| value)).collect()
}

pub(crate) fn columns(columns: &[tokio_postgres::Column]) -> Vec<Column> {
    columns
        .iter()
        .map(|column| Column { name: column.name().to_owned(), data_type: data_type(column.type_()) })
        .collect()
}

fn data_type(ty: &Type) -> DataType {
    match *ty {
        Type::BOOL => DataType::Boolean,
        Type::BYTEA => DataType::Binary,
        Type::FLOAT4 => DataType::Floating32,
        Type::FLOAT8 => DataType::Floating64,
        Type::INT2 => DataType::Int16,
        Type::INT4 => DataType::Int32,
        Type::INT8 => DataType::Int64,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => DataType::Str,
        Type::TIMESTAMP | Type::TIMESTAMPTZ => DataType::Datetime,
        Type::DATE => DataType::Date,
        Type::TIME => DataType::Time,
        Type::UUID => DataType::Uuid,
        Type::JSONB => DataType::Jsonb,
        Type::NUMERIC => DataType::Decimal,
        Type::INT4_RANGE => DataType::RangeInt32,
        Type::INT8_RANGE => DataType::RangeInt64,
        Type::NUM_RANGE => DataType::RangeDecimal,
        Type::INT4_ARRAY => DataType::ArrayInt32,
        Type::INT8_ARRAY => DataType::ArrayInt64,
        Type::NUMERIC_ARRAY => DataType::ArrayDecimal,
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY => DataType::ArrayStr,
        Type::INTERVAL => DataType::Interval,
        _ => DataType::Other(ty.name().to_owned()),
    }
}

/// One value of one row.
struct Cell(Value);

impl<'a> FromSql<'a> for Cell {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        refuse_timestamptz(ty)?;
        value(ty, raw).map(Self)
    }

    fn from_sql_null(ty: &Type) -> Result<Self, Failure> {
        refuse_timestamptz(ty)?;
        Ok(Self(Value::Null))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Spin announces the column as a date and time and then cannot read it, even when it is NULL. A guest that read it
/// here would break there.
fn refuse_timestamptz(ty: &Type) -> Result<(), WrongType> {
    if *ty == Type::TIMESTAMPTZ { Err(WrongType::new::<Option<NaiveDateTime>>(ty.clone())) } else { Ok(()) }
}

fn value(ty: &Type, raw: &[u8]) -> Result<Value, Failure> {
    Ok(match *ty {
        Type::BOOL => Value::Boolean(bool::from_sql(ty, raw)?),
        Type::BYTEA => Value::Binary(raw.to_vec()),
        Type::FLOAT4 => Value::Floating32(f32::from_sql(ty, raw)?),
        Type::FLOAT8 => Value::Floating64(f64::from_sql(ty, raw)?),
        Type::INT2 => Value::Int16(i16::from_sql(ty, raw)?),
        Type::INT4 => Value::Int32(i32::from_sql(ty, raw)?),
        Type::INT8 => Value::Int64(i64::from_sql(ty, raw)?),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => Value::Str(String::from_sql(ty, raw)?),
        Type::TIMESTAMP => {
            let moment = NaiveDateTime::from_sql(ty, raw)?;
            let (year, month, day) = date(moment.date())?;
            let (hour, minute, second, nanosecond) = time(moment.time())?;
            Value::Datetime((year, month, day, hour, minute, second, nanosecond))
        }
        Type::DATE => Value::Date(date(NaiveDate::from_sql(ty, raw)?)?),
        Type::TIME => Value::Time(time(NaiveTime::from_sql(ty, raw)?)?),
        Type::UUID => Value::Uuid(Uuid::from_sql(ty, raw)?.to_string()),
        Type::JSONB => match raw.split_first() {
            Some((&JSONB_VERSION, text)) => Value::Jsonb(text.to_vec()),
            _ => return Err("unsupported JSONB encoding version".into()),
        },
        Type::NUMERIC => Value::Decimal(Numeric::from_sql(ty, raw)?.text()),
        Type::INT4_RANGE => Value::RangeInt32(Span::from_sql(ty, raw)?.0),
        Type::INT8_RANGE => Value::RangeInt64(Span::from_sql(ty, raw)?.0),
        Type::NUM_RANGE => Value::RangeDecimal(decimal_range(Span::from_sql(ty, raw)?.0)),
        Type::INT4_ARRAY => Value::ArrayInt32(Vec::from_sql(ty, raw)?),
        Type::INT8_ARRAY => Value::ArrayInt64(Vec::from_sql(ty, raw)?),
        Type::NUMERIC_ARRAY => {
            let items: Vec<Option<Numeric>> = Vec::from_sql(ty, raw)?;
            Value::ArrayDecimal(items.into_iter().map(|item| item.map(Numeric::text)).collect())
        }
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY => {
            Value::ArrayStr(Vec::from_sql(ty, raw)?)
        }
        Type::INTERVAL => Value::Interval(interval(raw)?),
        _ => Value::Unsupported(raw.to_vec()),
    })
}

fn date(date: NaiveDate) -> Result<Date, Failure> {
    Ok((date.year(), date.month().try_into()?, date.day().try_into()?))
}

fn time(time: NaiveTime) -> Result<Time, Failure> {
    Ok((time.hour().try_into()?, time.minute().try_into()?, time.second().try_into()?, time.nanosecond()))
}

/// A number that has been kept from the lengths at which its reader panics instead of failing.
struct Numeric(Decimal);

impl Numeric {
    fn text(self) -> String {
        self.0.to_string()
    }
}

impl<'a> FromSql<'a> for Numeric {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        // The binary form is a count, a weight, a sign, a scale, and groups of four digits, the first of which is
        // worth 10000 to the power of the weight. The largest `Decimal` is 7.9 × 10^28, so weight 7. Zero has no
        // group and no weight.
        let [first, second, high, low] = *raw.first_chunk().ok_or("a numeric is too short")?;
        let weight_max = if [first, second] == [0, 0] { 0 } else { 7 };
        if i16::from_be_bytes([high, low]) > weight_max {
            return Err(Box::new(rust_decimal::Error::ExceedsMaximumPossibleValue));
        }
        Decimal::from_sql(ty, raw).map(Self)
    }

    fn accepts(ty: &Type) -> bool {
        <Decimal as FromSql>::accepts(ty)
    }
}

fn decimal_range((lower, upper): Range<Numeric>) -> Range<String> {
    let bound = |bound: RangeBound<Numeric>| bound.map(|(value, kind)| (value.text(), kind));
    (bound(lower), bound(upper))
}

fn interval(mut raw: &[u8]) -> Result<Interval, Failure> {
    Ok(Interval { micros: raw.try_get_i64()?, days: raw.try_get_i32()?, months: raw.try_get_i32()? })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A server may be anyone's that a guest is allowed to reach.
        #[test]
        fn no_bytes_make_the_reading_panic(oid in 16_u32..4000, raw in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Some(ty) = Type::from_oid(oid) {
                let _ = Cell::from_sql(&ty, &raw);
            }
        }

        #[test]
        fn no_number_makes_the_reading_panic(
            groups in prop::collection::vec(0..10_000_u16, 0..12),
            weight in -12..12_i16,
            sign in prop::sample::select(vec![0_u16, 0x4000]),
            scale in 0..60_u16,
        ) {
            let count = u16::try_from(groups.len()).unwrap();
            let header = [count, weight.cast_unsigned(), sign, scale];
            let raw: Vec<u8> = header.iter().chain(&groups).flat_map(|word| word.to_be_bytes()).collect();
            let _ = Cell::from_sql(&Type::NUMERIC, &raw);
        }
    }
}
