//! What an instance has taken out of the shared buckets and may spend by itself.

use std::collections::HashMap;

use crate::slot::available;
use crate::{Caller, Kind, Policy, Slot};

/// How many leases an instance keeps. Who has more callers than that asks the store more often.
const MOST_LEASES: usize = 1_024;

/// For how long a lease is good, in microseconds: what was taken long ago has been refilled since. What is left of it is
/// given back with the next one, so that who calls steadily gets what he may.
const GOOD_FOR_MICROS: i64 = 5_000_000;

/// Tokens that are paid for, and what is known of the bucket that they came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    tokens: u32,
    good_until: i64,
    /// When the shared bucket will be full, as far as this instance knows.
    full_at: i64,
    /// How many tokens the next handful has, if the bucket has so many to spare.
    next: u32,
    /// The last take, which number of all it was, and how many tokens it was for.
    take: u16,
    takes: u16,
    taken: u32,
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It may go on.
    Served {
        /// How many more there could be now.
        remaining: u32,
        /// After how many seconds of quiet there could be the whole quota.
        reset_seconds: u32,
    },
    /// It may not.
    Refused {
        /// After how many seconds there may be another; at least one.
        retry_seconds: u32,
        /// After how many seconds of quiet there could be the whole quota.
        reset_seconds: u32,
    },
}

impl Answer {
    /// The value of `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10, section 4).
    pub fn to_header(&self, policy: &Policy) -> String {
        let (remaining, reset_seconds) = match self {
            Self::Served { remaining, reset_seconds } => (*remaining, *reset_seconds),
            Self::Refused { reset_seconds, .. } => (0, *reset_seconds),
        };
        format!("\"{}\";r={remaining};t={reset_seconds}", policy.kind().as_str())
    }
}

/// The leases of an instance.
#[derive(Debug)]
pub struct Leases {
    held: HashMap<(Kind, Caller), Lease>,
    /// The number of the next take. Instances begin with numbers of their own.
    take: u16,
}

impl Leases {
    /// None yet. Instances should be told apart by `seed`.
    pub fn of(seed: u16) -> Self {
        Self { held: HashMap::new(), take: seed }
    }

    /// Spends a token of the caller's lease, or refuses the request if it is known that the bucket is empty. `None`: the
    /// store has to be asked, by [`Self::take`].
    pub fn spend(&mut self, policy: &Policy, caller: Caller, now: i64) -> Option<Answer> {
        let lease = self.held.get_mut(&(policy.kind(), caller))?;
        if lease.tokens > 0 && now < lease.good_until {
            lease.tokens -= 1;
            return Some(served(policy, lease, now));
        }
        (available(policy, lease.full_at, now) == 0).then(|| refused(policy, lease.full_at, now))
    }

    /// Takes tokens out of the bucket in `slot`, spends one, and keeps the rest for later. If it did, `slot` is to be
    /// written back.
    pub fn take(&mut self, policy: &Policy, caller: Caller, slot: &mut Slot, now: i64) -> Answer {
        let key = (policy.kind(), caller);
        let known = self.held.get(&key).copied();
        let bucket = slot.bucket(caller, now);
        // Somebody who had read before this instance wrote may have written after: then what was taken is taken again. A bucket
        // that is full again is forgotten, not lost.
        let lost = known
            .filter(|lease| lease.full_at > now && bucket.has_lost(lease.take, lease.takes))
            .map_or(0, |lease| lease.taken);
        let full_at = bucket.full_at.saturating_add(i64::from(lost) * policy.interval_micros());
        // No bucket is emptier than empty, even if clocks differ.
        let full_at = full_at.min(now.saturating_add(policy.window_micros()));
        let (left, overdue) = match known {
            // Another request of this instance has just taken them.
            Some(lease) if now < lease.good_until => (lease.tokens, 0),
            Some(lease) => (0, lease.tokens),
            None => (0, 0),
        };
        let full_at = (full_at - i64::from(overdue) * policy.interval_micros()).max(now);
        let there = available(policy, full_at, now);
        if there == 0 {
            let (take, takes) = known.map_or((0, bucket.takes), |lease| (lease.take, lease.takes));
            let lease = Lease { tokens: 0, good_until: now, full_at, next: 1, take, takes, taken: lost };
            self.keep(key, lease, now);
            return refused(policy, full_at, now);
        }
        // The first handful is one token: where a flood makes many instances at once, each of them believes that the bucket
        // is full. Who comes again gets twice as many, unless he did not need them.
        // Where instances get in each other's way, it is one again: what is not seen yet is then little.
        let next = known.filter(|_| overdue == 0 && lost == 0).map_or(1, |lease| lease.next);
        let taken = (there / 5).min(next).clamp(1, policy.handful());
        let full_at = full_at + i64::from(taken) * policy.interval_micros();
        self.take = self.take.wrapping_add(1);
        let bucket = bucket.after(self.take, full_at);
        slot.put(bucket, now);
        let lease = Lease {
            tokens: left + taken - 1,
            good_until: now + GOOD_FOR_MICROS,
            full_at,
            next: (next * 2).min(policy.handful()),
            take: self.take,
            takes: bucket.takes,
            taken: lost + taken,
        };
        self.keep(key, lease, now);
        served(policy, &lease, now)
    }

    /// Whether it is known that the caller's bucket is empty, so that nothing need be done for him.
    pub fn is_empty(&self, policy: &Policy, caller: Caller, now: i64) -> Option<Answer> {
        let lease = self.held.get(&(policy.kind(), caller))?;
        let is_spent = lease.tokens == 0 || now >= lease.good_until;
        (is_spent && available(policy, lease.full_at, now) == 0).then(|| refused(policy, lease.full_at, now))
    }

    fn keep(&mut self, key: (Kind, Caller), lease: Lease, now: i64) {
        if self.held.len() >= MOST_LEASES && !self.held.contains_key(&key) {
            self.held.retain(|_, lease| lease.full_at > now);
            if self.held.len() >= MOST_LEASES {
                self.held.clear();
            }
        }
        self.held.insert(key, lease);
    }
}

fn served(policy: &Policy, lease: &Lease, now: i64) -> Answer {
    let remaining = (available(policy, lease.full_at, now) + lease.tokens).min(policy.quota());
    Answer::Served { remaining, reset_seconds: seconds(lease.full_at - now) }
}

fn refused(policy: &Policy, full_at: i64, now: i64) -> Answer {
    let retry_micros = full_at + policy.interval_micros() - policy.window_micros() - now;
    Answer::Refused { retry_seconds: seconds(retry_micros).max(1), reset_seconds: seconds(full_at - now) }
}

/// Whole seconds, rounded up: who waits for so long has waited long enough.
fn seconds(micros: i64) -> u32 {
    u32::try_from(micros.max(0).saturating_add(999_999) / 1_000_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Answer, Leases, MOST_LEASES};
    use crate::{Caller, Kind, Policy, Slot};
    use proptest::prelude::*;

    /// A store with one slot, and instances that spend out of it.
    struct World {
        policy: Policy,
        slot: Vec<u8>,
        instances: Vec<Leases>,
        store_visits: u32,
    }

    impl World {
        fn of(quota: u32, window_seconds: u32, instances: usize) -> Self {
            let policy = Policy::new(Kind::Default, quota, window_seconds).unwrap();
            let instances =
                (0..instances).map(|number| Leases::of(u16::try_from(number * 4_001).unwrap())).collect();
            Self { policy, slot: Vec::new(), instances, store_visits: 0 }
        }

        fn ask(&mut self, instance: usize, now: i64) -> Answer {
            let caller = Caller::named("ann");
            let leases = &mut self.instances[instance];
            leases.spend(&self.policy, caller, now).unwrap_or_else(|| {
                self.store_visits += 1;
                let mut slot = Slot::from_bytes(&self.slot);
                let answer = leases.take(&self.policy, caller, &mut slot, now);
                self.slot = slot.to_bytes();
                answer
            })
        }
    }

    fn is_served(answer: &Answer) -> bool {
        matches!(answer, Answer::Served { .. })
    }

    #[test]
    fn one_instance_serves_the_quota_exactly_and_mostly_without_the_store() {
        let mut world = World::of(100, 60, 1);
        let served = (0..1_000).filter(|_| is_served(&world.ask(0, 0))).count();
        assert_eq!(served, 100);
        assert!(world.store_visits < 30, "{}", world.store_visits);
    }

    #[test]
    fn answers_count_down_and_say_when_to_come_back() {
        let mut world = World::of(100, 60, 1);
        for expected in (0..100).rev() {
            let Answer::Served { remaining, .. } = world.ask(0, 0) else { panic!("{expected}") };
            assert_eq!(remaining, expected);
        }
        assert_eq!(world.ask(0, 0), Answer::Refused { retry_seconds: 1, reset_seconds: 60 });
        assert!(is_served(&world.ask(0, 1_000_000)));
        assert!(!is_served(&world.ask(0, 1_000_001)));
        let header = Answer::Served { remaining: 57, reset_seconds: 23 }.to_header(&world.policy);
        assert_eq!(header, "\"default\";r=57;t=23");
    }

    #[test]
    fn a_strict_policy_is_as_exact() {
        let mut world = World::of(5, 300, 4);
        let served = (0..100).filter(|number| is_served(&world.ask(number % 4, 0))).count();
        assert_eq!(served, 5);
        assert_eq!(world.ask(0, 0), Answer::Refused { retry_seconds: 60, reset_seconds: 300 });
    }

    #[test]
    fn who_calls_steadily_and_seldom_enough_is_never_refused() {
        let mut world = World::of(100, 60, 1);
        for second in 0..1_000 {
            assert!(is_served(&world.ask(0, second * 600_000)), "{second}");
        }
    }

    #[test]
    fn what_was_taken_long_ago_is_not_taken_again() {
        let mut world = World::of(100, 60, 1);
        for _ in 0..50 {
            world.ask(0, 0);
        }
        assert_eq!(world.ask(0, 100_000_000), Answer::Served { remaining: 99, reset_seconds: 1 });
    }

    #[test]
    fn an_instance_keeps_no_more_leases_than_it_has_room_for() {
        let policy = Policy::new(Kind::Default, 100, 60).unwrap();
        let mut leases = Leases::of(0);
        for number in 0..10_000 {
            let caller = Caller::named(&number.to_string());
            assert!(is_served(&leases.take(&policy, caller, &mut Slot::default(), 0)));
            assert!(leases.held.len() <= MOST_LEASES);
        }
    }

    /// All read before any writes, again and again: the worst that could be.
    #[test]
    fn instances_that_overwrite_each_other_take_again_what_was_lost() {
        const INSTANCES: usize = 8;
        let mut world = World::of(400, 60, INSTANCES);
        let (caller, mut served) = (Caller::named("ann"), 0);
        for round in 0..1_000 {
            let read = world.slot.clone();
            for turn in 0..INSTANCES {
                // Each is the last to write at times.
                let instance = (turn + round) % INSTANCES;
                let policy = world.policy;
                let leases = &mut world.instances[instance];
                let answer = leases.spend(&policy, caller, 0).unwrap_or_else(|| {
                    let mut slot = Slot::from_bytes(&read);
                    let answer = leases.take(&policy, caller, &mut slot, 0);
                    world.slot = slot.to_bytes();
                    answer
                });
                served += usize::from(is_served(&answer));
            }
        }
        // Each has yet to write what it has taken since its turn came last: one token a round.
        assert!((400..=400 + INSTANCES * INSTANCES).contains(&served), "{served}");
    }

    proptest! {
        /// However requests spread over instances and time: no more are served than the bucket holds and gets, but for
        /// a handful for each instance, and no fewer than those but for the same.
        #[test]
        fn the_count_is_right_but_for_a_handful_an_instance(
            instances in 1_usize..6,
            quota in 1_u32..200,
            steps in prop::collection::vec((0_usize..6, 0_i64..200_000), 1..2_000),
        ) {
            let mut world = World::of(quota, 60, instances);
            let (mut now, mut served, mut asked) = (0, 0_i64, 0_i64);
            for (instance, pause) in steps {
                now += pause;
                asked += 1;
                served += i64::from(is_served(&world.ask(instance % instances, now)));
            }
            let refilled = now / world.policy.interval_micros() + 1;
            let handfuls = i64::from(world.policy.handful()) * i64::try_from(instances).unwrap();
            prop_assert!(served <= i64::from(quota) + refilled, "{} of {}", served, asked);
            prop_assert!(served >= asked.min(i64::from(quota)) - handfuls, "{} of {}", served, asked);
        }
    }
}
