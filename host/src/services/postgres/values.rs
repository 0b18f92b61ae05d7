//! Values between the WIT's types and the pool's: the same cases under two names.

use crate::bindings::postgres::spin::postgres::postgres as wit;
use tradepost_sql_pool as pool;

/// Maps the cases that two enums have under one name, with payloads that convert.
macro_rules! alike {
    ($value:expr, $from:path => $to:path { $($case:ident),* $(,)? } $($rest:tt)*) => {{
        use $from as From_;
        use $to as To_;
        match $value {
            $(From_::$case(value) => To_::$case(value),)*
            $($rest)*
        }
    }};
}

pub(super) fn parameter(value: wit::ParameterValue) -> pool::Parameter {
    alike!(value, wit::ParameterValue => pool::Parameter {
        Boolean, Int8, Int16, Int32, Int64, Floating32, Floating64, Str, Binary, Date, Time, Datetime, Timestamp,
        Uuid, Jsonb, Decimal, ArrayInt32, ArrayInt64, ArrayDecimal, ArrayStr,
    }
        From_::RangeInt32(range) => To_::RangeInt32(range_in(range)),
        From_::RangeInt64(range) => To_::RangeInt64(range_in(range)),
        From_::RangeDecimal(range) => To_::RangeDecimal(range_in(range)),
        From_::Interval(wit::Interval { micros, days, months }) => {
            To_::Interval(pool::Interval { micros, days, months })
        }
        From_::DbNull => To_::Null,
    )
}

fn value(value: pool::Value) -> wit::DbValue {
    alike!(value, pool::Value => wit::DbValue {
        Boolean, Int8, Int16, Int32, Int64, Floating32, Floating64, Str, Binary, Date, Time, Datetime, Timestamp,
        Uuid, Jsonb, Decimal, ArrayInt32, ArrayInt64, ArrayDecimal, ArrayStr, Unsupported,
    }
        From_::RangeInt32(range) => To_::RangeInt32(range_out(range)),
        From_::RangeInt64(range) => To_::RangeInt64(range_out(range)),
        From_::RangeDecimal(range) => To_::RangeDecimal(range_out(range)),
        From_::Interval(pool::Interval { micros, days, months }) => {
            To_::Interval(wit::Interval { micros, days, months })
        }
        From_::Null => To_::DbNull,
    )
}

type WitRange<T> = (Option<(T, wit::RangeBoundKind)>, Option<(T, wit::RangeBoundKind)>);

fn range_in<T>((lower, upper): WitRange<T>) -> pool::Range<T> {
    let bound = |(value, kind)| {
        let kind = match kind {
            wit::RangeBoundKind::Inclusive => pool::BoundKind::Inclusive,
            wit::RangeBoundKind::Exclusive => pool::BoundKind::Exclusive,
        };
        (value, kind)
    };
    (lower.map(bound), upper.map(bound))
}

fn range_out<T>((lower, upper): pool::Range<T>) -> WitRange<T> {
    let bound = |(value, kind)| {
        let kind = match kind {
            pool::BoundKind::Inclusive => wit::RangeBoundKind::Inclusive,
            pool::BoundKind::Exclusive => wit::RangeBoundKind::Exclusive,
        };
        (value, kind)
    };
    (lower.map(bound), upper.map(bound))
}

pub(super) fn column(column: &pool::Column) -> wit::Column {
    use pool::DataType as From_;
    use wit::DbDataType as To_;
    let data_type = match &column.data_type {
        From_::Boolean => To_::Boolean,
        From_::Int8 => To_::Int8,
        From_::Int16 => To_::Int16,
        From_::Int32 => To_::Int32,
        From_::Int64 => To_::Int64,
        From_::Floating32 => To_::Floating32,
        From_::Floating64 => To_::Floating64,
        From_::Str => To_::Str,
        From_::Binary => To_::Binary,
        From_::Date => To_::Date,
        From_::Time => To_::Time,
        From_::Datetime => To_::Datetime,
        From_::Timestamp => To_::Timestamp,
        From_::Uuid => To_::Uuid,
        From_::Jsonb => To_::Jsonb,
        From_::Decimal => To_::Decimal,
        From_::RangeInt32 => To_::RangeInt32,
        From_::RangeInt64 => To_::RangeInt64,
        From_::RangeDecimal => To_::RangeDecimal,
        From_::ArrayInt32 => To_::ArrayInt32,
        From_::ArrayInt64 => To_::ArrayInt64,
        From_::ArrayDecimal => To_::ArrayDecimal,
        From_::ArrayStr => To_::ArrayStr,
        From_::Interval => To_::Interval,
        From_::Other(name) => To_::Other(name.clone()),
    };
    wit::Column { name: column.name.clone(), data_type }
}

pub(super) fn error(error: pool::Error) -> wit::Error {
    match error {
        pool::Error::ConnectionFailed(text) => wit::Error::ConnectionFailed(text),
        pool::Error::BadParameter(text) => wit::Error::BadParameter(text),
        pool::Error::ValueConversionFailed(text) => wit::Error::ValueConversionFailed(text),
        pool::Error::Other(text) => wit::Error::Other(text),
        pool::Error::QueryFailed(pool::QueryError::Text(text)) => {
            wit::Error::QueryFailed(wit::QueryError::Text(text))
        }
        pool::Error::QueryFailed(pool::QueryError::Db(error)) => {
            let pool::DbError { as_text, severity, code, message, detail, extras } = *error;
            wit::Error::QueryFailed(wit::QueryError::DbError(wit::DbError {
                as_text,
                severity,
                code,
                message,
                detail,
                extras,
            }))
        }
    }
}

pub(super) fn row(row: pool::Row) -> Vec<wit::DbValue> {
    row.into_iter().map(value).collect()
}
