//! Compared with the `time` crate wherever that has an answer.

use std::time::Duration;

use proptest::prelude::*;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{ParseTimestampError, Timestamp};

fn read(text: &str) -> Result<i64, ParseTimestampError> {
    text.parse().map(Timestamp::as_micros)
}

#[test]
fn moments_are_written_in_utc_with_six_digits() {
    let rows = [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (1_795_354_400_123_456, "2026-11-22T13:33:20.123456Z"),
        (i64::MIN, "0000-01-01T00:00:00.000000Z"),
        (i64::MAX, "9999-12-31T23:59:59.999999Z"),
    ];
    for (micros, text) in rows {
        let timestamp = Timestamp::from_micros(micros);
        assert_eq!(timestamp.to_string(), text);
        assert_eq!(text.parse(), Ok(timestamp));
    }
}

#[test]
fn every_rfc_3339_spelling_of_a_moment_is_read() {
    let expected = Ok(1_795_354_400_500_000);
    for text in [
        "2026-11-22T13:33:20.5Z",
        "2026-11-22t13:33:20.50z",
        "2026-11-22 13:33:20.500000000Z",
        "2026-11-22T13:33:20.500000999+00:00",
        "2026-11-22T13:33:20.5-00:00",
        "2026-11-22T19:03:20.5+05:30",
        "2026-11-21T23:33:20.5-14:00",
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_moment_is_refused() {
    use ParseTimestampError::{Form, Range};
    let rows = [
        ("", Form),
        ("2026-11-22", Form),
        ("2026-11-22T13:33:20", Form),
        ("2026-11-22T13:33Z", Form),
        ("2026-11-22T13:33:20.Z", Form),
        ("2026-11-22T13:33:20.1234567890Z", Form),
        ("2026-11-22T13:33:20Zz", Form),
        ("2026-11-22T13:33:20+0100", Form),
        ("+2026-11-22T13:33:20Z", Form),
        ("２026-11-22T13:33:20Z", Form),
        ("2026-02-29T00:00:00Z", Range),
        ("1900-02-29T00:00:00Z", Range),
        ("2026-04-31T00:00:00Z", Range),
        ("2026-00-01T00:00:00Z", Range),
        ("2026-13-01T00:00:00Z", Range),
        ("2026-01-00T00:00:00Z", Range),
        ("2026-01-01T24:00:00Z", Range),
        ("2026-01-01T00:60:00Z", Range),
        ("2016-12-31T23:59:60Z", Range),
        ("2026-01-01T00:00:00+24:00", Range),
        ("0000-01-01T00:00:00+00:01", Range),
        ("9999-12-31T23:59:59-00:01", Range),
    ];
    for (text, error) in rows {
        assert_eq!(read(text), Err(error), "{text}");
    }
}

#[test]
fn json_has_the_text() {
    let timestamp = Timestamp::from_micros(1);
    let json = serde_json::to_string(&timestamp).unwrap();
    assert_eq!(json, r#""1970-01-01T00:00:00.000001Z""#);
    assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), timestamp);
    assert!(serde_json::from_str::<Timestamp>("1").is_err());
}

#[test]
fn adding_stops_at_the_end_of_time() {
    let start = Timestamp::from_micros(0);
    assert_eq!(start.saturating_add(Duration::from_secs(2)).as_micros(), 2_000_000);
    assert_eq!(start.saturating_add(Duration::from_nanos(999)), start);
    assert_eq!(start.saturating_add(Duration::MAX), Timestamp::MAX);
    assert_eq!(Timestamp::MAX.saturating_add(Duration::from_micros(1)), Timestamp::MAX);
}

proptest! {
    #[test]
    fn every_moment_is_written_and_read_as_the_time_crate_does(
        micros in Timestamp::MIN.as_micros()..=Timestamp::MAX.as_micros(),
    ) {
        let timestamp = Timestamp::from_micros(micros);
        let text = timestamp.to_string();
        prop_assert_eq!(text.parse(), Ok(timestamp));
        let other = OffsetDateTime::parse(&text, &Rfc3339).unwrap();
        prop_assert_eq!(other.unix_timestamp_nanos(), i128::from(micros) * 1_000);
    }

    #[test]
    fn dates_exist_exactly_where_the_time_crate_finds_them(
        year in 0..=9999, month in 0..=13, day in 0..=32, hour in 0..=25, offset in 0..=25,
    ) {
        let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:07:09.25+{offset:02}:30");
        let ours = read(&text).ok();
        let theirs = OffsetDateTime::parse(&text, &Rfc3339).ok();
        let theirs = theirs.and_then(|moment| i64::try_from(moment.unix_timestamp_nanos() / 1_000).ok());
        let in_range = |micros: &i64| *micros >= Timestamp::MIN.as_micros();
        prop_assert_eq!(ours, theirs.filter(in_range));
    }

    #[test]
    fn texts_sort_as_the_moments_do(a: i64, b: i64) {
        let (a, b) = (Timestamp::from_micros(a), Timestamp::from_micros(b));
        prop_assert_eq!(a.to_string().cmp(&b.to_string()), a.cmp(&b));
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), near in "[0-9TtZz:. +-]{0,40}") {
        let _ = read(&text);
        let _ = read(&near);
    }
}
