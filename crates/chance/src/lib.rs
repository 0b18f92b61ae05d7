//! The time, the ids and the chance that a component passes on to the rules, which know none of them.

use std::cell::RefCell;

use tradepost_timestamp::Timestamp;
use uuid::{Builder, Uuid};
use wasip3::clocks::system_clock;
use wasip3::random::random;

/// What is fetched from the host at once: enough for 25 ids, so that making one is not a host call of its own.
const POOL_BYTES: u16 = 256;

thread_local! {
    /// Random bytes that nobody has used yet.
    static POOL: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The host's clock.
pub fn now() -> Timestamp {
    let now = system_clock::now();
    let micros = now.seconds.saturating_mul(1_000_000).saturating_add(i64::from(now.nanoseconds / 1_000));
    Timestamp::from_micros(micros)
}

/// A UUIDv7 (RFC 9562, section 5.7), unlike any other.
///
/// The 12 bits after the milliseconds hold the fraction of the millisecond (section 6.2, method 3), so that ids of
/// one instance sort by age even within a millisecond and land side by side in an index. The other 62 are random.
pub fn fresh_uuid() -> Uuid {
    let now = system_clock::now();
    let millis = u64::try_from(now.seconds).unwrap_or(0) * 1_000 + u64::from(now.nanoseconds / 1_000_000);
    let [.., high, low] = (u64::from(now.nanoseconds % 1_000_000) * 4_096 / 1_000_000).to_be_bytes();
    let mut rest: [u8; 10] = random_bytes();
    let [first, second, ..] = &mut rest;
    (*first, *second) = (high, low);
    Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
}

/// Bytes from the host's generator that are good enough for keys.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    POOL.with_borrow_mut(|pool| {
        if pool.len() < N {
            *pool = random::get_random_bytes(u64::from(POOL_BYTES));
        }
        let mut bytes = [0; N];
        let rest = pool.len().saturating_sub(N);
        for (byte, fresh) in bytes.iter_mut().zip(pool.drain(rest..)) {
            *byte = fresh;
        }
        bytes
    })
}
