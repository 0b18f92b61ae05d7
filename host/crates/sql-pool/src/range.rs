//! Ranges on the wire, without the driver's own range type, which panics at the integers' ends.

use std::error::Error;
use std::fmt;

use bytes::BytesMut;
use postgres_protocol::IsNull as WireNull;
use postgres_protocol::types::{self, RangeBound as Wire};
use rust_decimal::Decimal;
use tokio_postgres::types::{FromSql, IsNull, Kind, ToSql, Type, to_sql_checked};

use crate::value::{BoundKind, Range, RangeBound};

type Failure = Box<dyn Error + Sync + Send>;

/// A range whose ends have Postgres's type.
#[derive(Clone, PartialEq)]
pub(crate) struct Span<T>(pub(crate) Range<T>);

/// Silent about its ends: the driver prints parameters at log level debug.
impl<T> fmt::Debug for Span<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Span(…)")
    }
}

/// What a range can be over.
pub(crate) trait Element: Copy + PartialOrd {
    /// Whether nothing lies between the ends. The server would refuse a lower end above the upper; Spin sends an
    /// empty range instead.
    fn nothing_between(lower: (Self, BoundKind), upper: (Self, BoundKind)) -> bool;
}

fn nothing_between_integers(lower: (i128, BoundKind), upper: (i128, BoundKind)) -> bool {
    let first = lower.0 + i128::from(lower.1 == BoundKind::Exclusive);
    let beyond = upper.0 + i128::from(upper.1 == BoundKind::Inclusive);
    first >= beyond
}

impl Element for i32 {
    fn nothing_between(lower: (Self, BoundKind), upper: (Self, BoundKind)) -> bool {
        nothing_between_integers((lower.0.into(), lower.1), (upper.0.into(), upper.1))
    }
}

impl Element for i64 {
    fn nothing_between(lower: (Self, BoundKind), upper: (Self, BoundKind)) -> bool {
        nothing_between_integers((lower.0.into(), lower.1), (upper.0.into(), upper.1))
    }
}

impl Element for Decimal {
    fn nothing_between(lower: (Self, BoundKind), upper: (Self, BoundKind)) -> bool {
        match (lower.1, upper.1) {
            (BoundKind::Inclusive, BoundKind::Inclusive) => lower.0 > upper.0,
            _ => lower.0 >= upper.0,
        }
    }
}

fn element_of(ty: &Type) -> Result<&Type, Failure> {
    match ty.kind() {
        Kind::Range(element) => Ok(element),
        _ => Err(format!("{ty} is not a range").into()),
    }
}

impl<T: Element + ToSql> ToSql for Span<T> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Failure> {
        let element = element_of(ty)?;
        let (lower, upper) = self.0;
        if let (Some(lower), Some(upper)) = (lower, upper)
            && T::nothing_between(lower, upper)
        {
            types::empty_range_to_sql(out);
        } else {
            types::range_to_sql(
                |out| bound_to_sql(lower, element, out),
                |out| bound_to_sql(upper, element, out),
                out,
            )?;
        }
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        element_of(ty).is_ok_and(|element| <T as ToSql>::accepts(element))
    }

    to_sql_checked!();
}

fn bound_to_sql<T: ToSql>(
    bound: RangeBound<T>,
    element: &Type,
    out: &mut BytesMut,
) -> Result<Wire<WireNull>, Failure> {
    let Some((value, kind)) = bound else { return Ok(Wire::Unbounded) };
    let null = match value.to_sql(element, out)? {
        IsNull::Yes => WireNull::Yes,
        IsNull::No => WireNull::No,
    };
    Ok(match kind {
        BoundKind::Inclusive => Wire::Inclusive(null),
        BoundKind::Exclusive => Wire::Exclusive(null),
    })
}

impl<'a, T: FromSql<'a>> FromSql<'a> for Span<T> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Failure> {
        let element = element_of(ty)?;
        Ok(Self(match types::range_from_sql(raw)? {
            types::Range::Empty => (None, None),
            types::Range::Nonempty(lower, upper) => {
                (bound_from_sql(&lower, element)?, bound_from_sql(&upper, element)?)
            }
        }))
    }

    fn accepts(ty: &Type) -> bool {
        element_of(ty).is_ok_and(|element| <T as FromSql>::accepts(element))
    }
}

fn bound_from_sql<'a, T: FromSql<'a>>(
    bound: &Wire<Option<&'a [u8]>>,
    element: &Type,
) -> Result<RangeBound<T>, Failure> {
    Ok(match bound {
        Wire::Unbounded => None,
        Wire::Inclusive(raw) => Some((T::from_sql_nullable(element, *raw)?, BoundKind::Inclusive)),
        Wire::Exclusive(raw) => Some((T::from_sql_nullable(element, *raw)?, BoundKind::Exclusive)),
    })
}
