//! The `Prefer` header (RFC 7240): how long a client would wait for an outcome.

use std::time::Duration;

/// The longest that is waited. Whoever prefers to wait longer gets this.
const LONGEST_SECONDS: u32 = 30;

/// A wait that is preferred, and can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    seconds: u32,
}

impl Wait {
    /// How long.
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.seconds.into())
    }

    /// The value of `Preference-Applied` for an answer that was waited for.
    pub fn applied(self) -> String {
        format!("wait={}", self.seconds)
    }

    /// The first `wait` of the headers, which may be several and are lists. What is malformed is not preferred: a
    /// preference is never a reason to refuse a request (section 2).
    pub fn preferred(headers: &[Vec<u8>]) -> Option<Self> {
        let values = headers.iter().filter_map(|value| std::str::from_utf8(value).ok());
        Self::read(values)
    }

    fn read<'v>(values: impl Iterator<Item = &'v str>) -> Option<Self> {
        let mut preferences = values.flat_map(|value| value.split(',')).map(|preference| {
            // Parameters after a semicolon mean nothing to `wait`.
            let preference = preference.split(';').next().unwrap_or_default();
            preference.split_once('=').map(|(name, value)| (name.trim(), value.trim()))
        });
        let (_, value) = preferences
            .find(|preference| preference.is_some_and(|(name, _)| name.eq_ignore_ascii_case("wait")))
            .flatten()?;
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        // What has so many digits that it does not fit is longer than the longest.
        let seconds = is_number.then(|| value.parse().unwrap_or(u32::MAX).min(LONGEST_SECONDS))?;
        (seconds > 0).then_some(Self { seconds })
    }
}

#[cfg(test)]
mod tests {
    use super::Wait;

    fn seconds(values: &[&str]) -> Option<u32> {
        Wait::read(values.iter().copied()).map(|wait| wait.seconds)
    }

    #[test]
    fn a_wait_is_read_wherever_it_stands() {
        for values in [
            &["wait=5"][..],
            &["respond-async, wait=5"],
            &["respond-async", "WAIT = 5 ; ever=so, return=minimal"],
            &["wait=\"5\""],
            &["wait=5, wait=9"],
            &["wait", "wait=5"],
        ] {
            assert_eq!(seconds(values), Some(5), "{values:?}");
        }
    }

    #[test]
    fn nobody_waits_longer_than_the_longest() {
        for value in ["wait=30", "wait=31", "wait=99999999999999999999"] {
            assert_eq!(seconds(&[value]), Some(30), "{value}");
        }
    }

    #[test]
    fn what_is_no_wait_is_passed_over() {
        for value in
            ["", "wait", "wait=", "wait=0", "wait=-1", "wait=+1", "wait=1.5", "wait=x", "wait=\"", "await=5"]
        {
            assert_eq!(seconds(&[value]), None, "{value}");
        }
        assert_eq!(seconds(&[]), None);
    }
}
