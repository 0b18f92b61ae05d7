//! Time and chance as guests get them: inputs of the host, so that a test can hold both in its hand.

use futures::future::BoxFuture;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder};

/// The time that guests see and wait by. What the host itself waits for, its deadlines above all, stays with the
/// machine's time.
pub trait Clock: Send + Sync + 'static {
    /// Since the Unix epoch.
    fn wall(&self) -> Duration;

    /// Since a moment before the application started; never goes back.
    fn monotonic(&self) -> Duration;

    /// Ends once that much has passed on the monotonic clock.
    fn wait(&self, wait: Duration) -> BoxFuture<'static, ()>;
}

/// Where guests' random bytes come from.
pub trait Chance: Send + Sync + 'static {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// What guests are given of time and chance; the machine's own where nothing is set.
#[derive(Clone, Default)]
pub struct Inputs {
    /// The clock.
    pub clock: Option<Arc<dyn Clock>>,
    /// The source of random bytes.
    pub chance: Option<Arc<dyn Chance>>,
}

impl Inputs {
    /// Hands them to a guest that is being made.
    pub(crate) fn give(&self, guest: &mut WasiCtxBuilder) {
        if let Some(clock) = &self.clock {
            guest.wall_clock(Reading(clock.clone())).monotonic_clock(Reading(clock.clone()));
        }
        if let Some(chance) = &self.chance {
            let mut seed = [0; 16];
            chance.fill(&mut seed);
            guest
                .secure_random(Drawing(chance.clone()))
                .insecure_random(Drawing(chance.clone()))
                .insecure_random_seed(u128::from_le_bytes(seed));
        }
    }
}

struct Reading(Arc<dyn Clock>);

impl HostWallClock for Reading {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0.wall()
    }
}

impl HostMonotonicClock for Reading {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.monotonic().as_nanos()).unwrap_or(u64::MAX)
    }
}

struct Drawing(Arc<dyn Chance>);

impl rand_core::TryRng for Drawing {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}
