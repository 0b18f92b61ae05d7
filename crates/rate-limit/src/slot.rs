//! Where buckets are kept: a table whose size does not depend on how many callers there are.

use sha2::{Digest as _, Sha256};

use crate::Policy;

/// How many values the table of one policy has at most.
pub const SLOTS: u16 = 1 << 14;

/// How many callers have a bucket in one value.
pub const WAYS: usize = 8;

/// How many takes a bucket remembers: as many instances may serve one caller and see whether they got in each other's way.
const REMEMBERED_TAKES: usize = 15;

const ENTRY_BYTES: usize = 8 + 8 + 2 + 2 * REMEMBERED_TAKES;

/// A caller, as far as counting goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Caller {
    slot: u16,
    mark: u64,
}

impl Caller {
    /// The caller of this name. Two names are one caller by a chance of 2^-64, and share nothing else.
    pub fn named(name: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(name).into();
        let [first, second, m0, m1, m2, m3, m4, m5, m6, m7, ..] = digest;
        Self {
            slot: u16::from_be_bytes([first, second]) % SLOTS,
            mark: u64::from_be_bytes([m0, m1, m2, m3, m4, m5, m6, m7]),
        }
    }

    /// Which of [`SLOTS`] values holds its bucket.
    pub const fn slot(&self) -> u16 {
        self.slot
    }
}

/// One value of the table: the buckets that are not full.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slot(Vec<Bucket>);

/// One caller's bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bucket {
    mark: u64,
    /// When it will be full, in microseconds since 1970-01-01T00:00:00Z.
    pub(crate) full_at: i64,
    /// How often tokens were taken out of it, modulo 2^16.
    pub(crate) takes: u16,
    /// The last takes, the newest first: by these an instance sees whether what it wrote was overwritten.
    last: [u16; REMEMBERED_TAKES],
}

impl Bucket {
    fn full(caller: Caller, now: i64) -> Self {
        Self { mark: caller.mark, full_at: now, takes: 0, last: [0; REMEMBERED_TAKES] }
    }

    /// The bucket after the take of this number, after which it will be full at `full_at`.
    pub(crate) fn after(mut self, take: u16, full_at: i64) -> Self {
        self.last.rotate_right(1);
        if let Some(newest) = self.last.first_mut() {
            *newest = take;
        }
        Self { full_at, takes: self.takes.wrapping_add(1), ..self }
    }

    /// Whether the take of this number, which was number `takes` of all, has left no trace here. What is long ago is taken
    /// to have lasted.
    pub(crate) fn has_lost(&self, take: u16, takes: u16) -> bool {
        let since = self.takes.wrapping_sub(takes);
        // Whoever has overwritten it may have taken the same number; a bucket that is new has forgotten everything.
        let is_recent = usize::from(since) < REMEMBERED_TAKES || since > u16::MAX / 2;
        is_recent && !self.last.contains(&take)
    }
}

impl Slot {
    /// Reads the value. What is none of ours is an empty one.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() || entries.len() > WAYS {
            return Self::default();
        }
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        let short = |bytes: &[u8]| u16::try_from(number(bytes)).unwrap_or_default();
        let bucket = |entry: &[u8; ENTRY_BYTES]| {
            let (mark, entry) = entry.split_at(8);
            let (full_at, entry) = entry.split_at(8);
            let (takes, entry) = entry.split_at(2);
            let mut last = [0; REMEMBERED_TAKES];
            for (take, bytes) in last.iter_mut().zip(entry.chunks(2)) {
                *take = short(bytes);
            }
            Bucket { mark: number(mark), full_at: number(full_at).cast_signed(), takes: short(takes), last }
        };
        Self(entries.iter().map(bucket).collect())
    }

    /// The value.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * ENTRY_BYTES);
        for bucket in &self.0 {
            bytes.extend_from_slice(&bucket.mark.to_be_bytes());
            bytes.extend_from_slice(&bucket.full_at.to_be_bytes());
            bytes.extend_from_slice(&bucket.takes.to_be_bytes());
            bytes.extend(bucket.last.iter().flat_map(|take| take.to_be_bytes()));
        }
        bytes
    }

    /// The caller's bucket; a full one if there is none.
    pub(crate) fn bucket(&self, caller: Caller, now: i64) -> Bucket {
        let found = self.0.iter().find(|bucket| bucket.mark == caller.mark);
        let mut bucket = found.copied().unwrap_or_else(|| Bucket::full(caller, now));
        bucket.full_at = bucket.full_at.max(now);
        bucket
    }

    /// Puts a bucket in its place. Those that are full at `now` give their places away; if there are [`WAYS`] others, the
    /// one that will be full first does.
    pub(crate) fn put(&mut self, bucket: Bucket, now: i64) {
        self.0.retain(|other| other.mark != bucket.mark && other.full_at > now);
        if self.0.len() >= WAYS {
            let fullest = self.0.iter().enumerate().min_by_key(|(_, other)| other.full_at);
            if let Some((index, _)) = fullest {
                self.0.swap_remove(index);
            }
        }
        self.0.push(bucket);
    }
}

/// How many tokens are in a bucket that will be full at `full_at`.
pub(crate) fn available(policy: &Policy, full_at: i64, now: i64) -> u32 {
    let missing_micros = full_at.saturating_sub(now).max(0);
    let there_micros = (policy.window_micros() - missing_micros).max(0);
    let there = there_micros / policy.interval_micros();
    u32::try_from(there).unwrap_or(u32::MAX).min(policy.quota())
}

#[cfg(test)]
mod tests {
    use super::{Caller, ENTRY_BYTES, Slot, WAYS};
    use proptest::prelude::*;

    fn put(slot: &mut Slot, name: &str, full_at: i64, now: i64) {
        let bucket = slot.bucket(Caller::named(name), now).after(7, full_at);
        slot.put(bucket, now);
    }

    #[test]
    fn a_slot_is_read_as_it_was_written() {
        let mut slot = Slot::default();
        for (name, full_at) in [("a", 5), ("b", 1_700_000_000_000_000), ("c", i64::MAX)] {
            put(&mut slot, name, full_at, 0);
        }
        let again = Slot::from_bytes(&slot.to_bytes());
        assert_eq!(again, slot);
        assert_eq!(again.bucket(Caller::named("b"), 0).full_at, 1_700_000_000_000_000);
        assert_eq!(again.bucket(Caller::named("d"), 7).full_at, 7);
    }

    #[test]
    fn what_is_no_slot_is_an_empty_one() {
        for bytes in
            [&[0; ENTRY_BYTES - 1][..], &[0; ENTRY_BYTES + 1], &[0; ENTRY_BYTES * (WAYS + 1)], b"nonsense"]
        {
            assert_eq!(Slot::from_bytes(bytes), Slot::default());
        }
    }

    #[test]
    fn a_slot_keeps_the_emptiest_buckets_and_no_full_one() {
        let mut slot = Slot::default();
        for number in 0..100 {
            put(&mut slot, &number.to_string(), 1_000 + number, 0);
        }
        assert_eq!(slot.to_bytes().len(), WAYS * ENTRY_BYTES);
        assert_eq!(slot.bucket(Caller::named("99"), 0).full_at, 1_099);
        assert_eq!(slot.bucket(Caller::named("0"), 0).full_at, 0);
        put(&mut slot, "7", 5_000, 2_000);
        assert_eq!(slot.to_bytes().len(), ENTRY_BYTES, "the others are full by then");
    }

    #[test]
    fn a_take_that_was_overwritten_is_missed_and_one_that_is_long_ago_is_not() {
        let full = Slot::default().bucket(Caller::named("a"), 0);
        let mine = full.after(1, 10);
        assert!(!mine.has_lost(1, mine.takes));
        assert!(!mine.after(2, 20).has_lost(1, mine.takes));
        let overwritten = full.after(2, 10);
        assert!(overwritten.has_lost(1, mine.takes), "at the same time");
        assert!(full.has_lost(1, mine.takes), "by who had read long before");
        let others = (2..40).fold(overwritten, |bucket, take| bucket.after(take, 10));
        assert!(!others.has_lost(1, mine.takes));
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..ENTRY_BYTES * WAYS + 2)) {
            let slot = Slot::from_bytes(&bytes);
            prop_assert_eq!(Slot::from_bytes(&slot.to_bytes()), slot);
        }
    }
}
