//! The hand on the host calls: now and then one is not made, its reply is lost, or the guest that made it dies.

use crate::tally::Tally;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tradepost::seam::{After, Before, HostCall, Outcome, Seam};

/// One call of so many goes wrong: with some thirty calls an order, about every tenth order is struck.
const ONE_OF: u32 = 300;

/// What Postgres clients say when a connection breaks: adapters may try again if a repeat is harmless.
const BROKEN: &str = "Error { kind: Closed, cause: None }";

/// The hand.
pub(crate) struct Hand {
    chance: Mutex<fastrand::Rng>,
    still: AtomicBool,
    tally: Arc<Tally>,
}

impl Hand {
    pub(crate) fn new(seed: u64, tally: Arc<Tally>) -> Arc<Self> {
        Arc::new(Self {
            chance: Mutex::new(fastrand::Rng::with_seed(seed)),
            // What is prepared is prepared in peace.
            still: AtomicBool::new(true),
            tally,
        })
    }

    /// Whether it leaves everything alone from here on.
    pub(crate) fn keep_still(&self, still: bool) {
        self.still.store(still, Ordering::Relaxed);
    }

    /// A number below six where a call is to go wrong.
    fn strike(&self) -> Option<u32> {
        if self.still.load(Ordering::Relaxed) {
            return None;
        }
        let mut chance = self.chance.lock().unwrap();
        // Asked before the call and after it.
        (chance.u32(..2 * ONE_OF) == 0).then(|| chance.u32(..3))
    }
}

impl Seam for Hand {
    fn before<'a>(&'a self, _: &'a HostCall) -> BoxFuture<'a, Before> {
        let before = match self.strike() {
            None => Before::Proceed,
            Some(0) => {
                self.tally.count("guests killed");
                Before::Kill
            }
            Some(1) => {
                self.tally.count("calls failed");
                Before::Fail("the soak says no".to_owned())
            }
            Some(_) => {
                self.tally.count("connections broken");
                Before::Fail(BROKEN.to_owned())
            }
        };
        std::future::ready(before).boxed()
    }

    fn after<'a>(&'a self, _: &'a HostCall, _: Outcome, _: Duration) -> BoxFuture<'a, After> {
        let after = match self.strike() {
            None => After::Deliver,
            Some(0) => {
                self.tally.count("guests killed");
                After::Kill
            }
            Some(_) => {
                self.tally.count("replies lost");
                After::Lose(BROKEN.to_owned())
            }
        };
        std::future::ready(after).boxed()
    }
}
