//! How long to wait before trying again.

/// The longest wait after a failure: 10 minutes. With 16 tries an event is set aside after an hour and a half at most.
const LONGEST_MILLISECONDS: u32 = 10 * 60 * 1_000;

/// The longest wait for a consumer that is not there: 30 seconds, because its return should not go unnoticed for long.
const LONGEST_OUTAGE_MILLISECONDS: u32 = 30 * 1_000;

/// Exponential back-off with full jitter: the wait is drawn evenly from nothing to the limit of the try, so that what
/// failed together does not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The limit of the first wait.
    pub base_milliseconds: u32,
}

impl Backoff {
    /// The wait after the try `attempts`, from 1. `chance` is any number, evenly drawn.
    pub fn after_failure(self, attempts: u32, chance: u64) -> u32 {
        self.wait(attempts, LONGEST_MILLISECONDS, chance)
    }

    /// The wait after the consumer was found away `outages` times in a row, from 1.
    pub fn after_outage(self, outages: u32, chance: u64) -> u32 {
        self.wait(outages, LONGEST_OUTAGE_MILLISECONDS, chance)
    }

    fn wait(self, count: u32, longest_milliseconds: u32, chance: u64) -> u32 {
        let factor = 1_u64.checked_shl(count.saturating_sub(1)).unwrap_or(u64::MAX);
        let limit = u64::from(self.base_milliseconds).saturating_mul(factor).min(longest_milliseconds.into());
        u32::try_from(chance % (limit + 1)).unwrap_or(longest_milliseconds)
    }
}
