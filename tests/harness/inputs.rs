//! A clock that stands still until it is told to go on, and chance that one number decides.

use futures::future::BoxFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tradepost::inputs::{Chance, Clock};

/// A clock in the test's hand. Whoever waits by it waits until the test has moved it far enough.
#[derive(Debug)]
pub struct HeldClock {
    start: Duration,
    passed: watch::Sender<Duration>,
}

impl HeldClock {
    /// Shows `wall`, since the Unix epoch.
    pub fn at(wall: Duration) -> Arc<Self> {
        Arc::new(Self { start: wall, passed: watch::Sender::new(Duration::ZERO) })
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        self.passed.send_modify(|passed| *passed += by);
    }

    /// Ends once a guest waits by it.
    pub async fn until_someone_waits(&self) {
        while self.passed.receiver_count() == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Clock for HeldClock {
    fn wall(&self) -> Duration {
        self.start + *self.passed.borrow()
    }

    fn monotonic(&self) -> Duration {
        // Not from zero: a guest may subtract.
        Duration::from_hours(1) + *self.passed.borrow()
    }

    fn wait(&self, wait: Duration) -> BoxFuture<'static, ()> {
        let mut passed = self.passed.subscribe();
        let end = *passed.borrow() + wait;
        Box::pin(async move {
            // An error is a clock that is gone, and nobody waits by it any more.
            let _ = passed.wait_for(|passed| *passed >= end).await;
        })
    }
}

/// Random bytes that follow from a seed (`SplitMix64`).
#[derive(Debug)]
pub struct SeededChance(Mutex<u64>);

impl SeededChance {
    /// The bytes that follow from `seed`.
    pub fn of(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(seed)))
    }

    /// A number.
    pub fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Chance for SeededChance {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
    }
}
