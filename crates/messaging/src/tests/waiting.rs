//! Back-off.

use proptest::prelude::*;

use crate::Backoff;

const BACKOFF: Backoff = Backoff { base_milliseconds: 500 };

/// The longest wait, found with the chance that gives it.
#[track_caller]
fn check(wait: impl Fn(u64) -> u32, limit: u32) {
    assert_eq!(wait(limit.into()), limit);
    assert_eq!(wait(u64::from(limit) + 1), 0);
}

#[test]
fn the_limit_doubles_with_each_try_up_to_ten_minutes() {
    for (attempts, limit) in [(1, 500), (2, 1_000), (3, 2_000), (11, 512_000), (12, 600_000), (16, 600_000)] {
        check(|chance| BACKOFF.after_failure(attempts, chance), limit);
    }
    check(|chance| BACKOFF.after_failure(u32::MAX, chance), 600_000);
}

#[test]
fn a_consumer_that_is_away_is_looked_for_every_half_minute_at_least() {
    for (outages, limit) in [(1, 500), (6, 16_000), (7, 30_000), (1_000, 30_000)] {
        check(|chance| BACKOFF.after_outage(outages, chance), limit);
    }
}

proptest! {
    #[test]
    fn no_wait_is_longer_than_its_limit(base in any::<u32>(), count in any::<u32>(), chance in any::<u64>()) {
        let backoff = Backoff { base_milliseconds: base };
        prop_assert!(backoff.after_failure(count, chance) <= 600_000);
        prop_assert!(backoff.after_outage(count, chance) <= 30_000);
    }
}
