//! RFC 3339 text to microseconds and back.

use std::fmt;

use crate::ParseTimestampError::{self, Form, Range};
use crate::calendar;

const MICROS_PER_SECOND: i64 = 1_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

pub(crate) fn write(f: &mut fmt::Formatter<'_>, micros: i64) -> fmt::Result {
    let seconds = micros.div_euclid(MICROS_PER_SECOND);
    let fraction = micros.rem_euclid(MICROS_PER_SECOND);
    let (year, month, day) = calendar::date(seconds.div_euclid(SECONDS_PER_DAY));
    let second_of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    let (hour, minute, second) = (second_of_day / 3_600, second_of_day / 60 % 60, second_of_day % 60);
    write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}Z")
}

pub(crate) fn read(text: &[u8]) -> Result<i64, ParseTimestampError> {
    let mut rest = Reader(text);
    let year = rest.digits(4)?;
    rest.one_of(b"-")?;
    let month = rest.digits(2)?;
    rest.one_of(b"-")?;
    let day = rest.digits(2)?;
    // RFC 3339 leaves `t` and `z` open to lower case, and allows a space between date and time.
    rest.one_of(b"Tt ")?;
    let hour = rest.digits(2)?;
    rest.one_of(b":")?;
    let minute = rest.digits(2)?;
    rest.one_of(b":")?;
    let second = rest.digits(2)?;
    let fraction = rest.fraction()?;
    let offset_minutes = rest.offset()?;
    if !rest.0.is_empty() {
        return Err(Form);
    }
    let date_exists = (1..=12).contains(&month) && (1..=calendar::days_in_month(year, month)).contains(&day);
    if !date_exists || hour > 23 || minute > 59 || second > 59 {
        return Err(Range);
    }
    let seconds = calendar::day_number(year, month, day) * SECONDS_PER_DAY
        + (hour * 60 + minute - offset_minutes) * 60
        + second;
    Ok(seconds * MICROS_PER_SECOND + fraction)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn one_of(&mut self, expected: &[u8]) -> Result<u8, ParseTimestampError> {
        let (&first, rest) = self.0.split_first().ok_or(Form)?;
        self.0 = rest;
        if expected.contains(&first) { Ok(first) } else { Err(Form) }
    }

    fn digits(&mut self, count: usize) -> Result<i64, ParseTimestampError> {
        let mut value = 0;
        for _ in 0..count {
            value = value * 10 + i64::from(self.one_of(b"0123456789")? - b'0');
        }
        Ok(value)
    }

    /// Microseconds; 0 when there is no fraction.
    fn fraction(&mut self) -> Result<i64, ParseTimestampError> {
        if self.0.first() != Some(&b'.') {
            return Ok(0);
        }
        self.one_of(b".")?;
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        match length {
            1..=6 => (length..6).try_fold(self.digits(length)?, |value, _| Ok(value * 10)),
            7..=9 => {
                let value = self.digits(6)?;
                self.digits(length - 6)?;
                Ok(value)
            }
            _ => Err(Form),
        }
    }

    /// Minutes east of UTC.
    fn offset(&mut self) -> Result<i64, ParseTimestampError> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Ok(0),
        };
        let hours = self.digits(2)?;
        self.one_of(b":")?;
        let minutes = self.digits(2)?;
        if hours > 23 || minutes > 59 {
            return Err(Range);
        }
        Ok(sign * (hours * 60 + minutes))
    }
}
