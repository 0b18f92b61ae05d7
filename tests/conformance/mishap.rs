//! One host call of an adapter going wrong.

use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tradepost::seam::{After, Before, HostCall, Outcome, Seam};

/// What Postgres clients say when a connection breaks; a store's error may have any text.
const BROKEN: &str = "Error { kind: Closed, cause: None }";

/// When the call breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// It never reaches the store.
    Before,
    /// Its effect is there, its answer is lost.
    After,
}

impl Moment {
    pub(crate) const BOTH: [Self; 2] = [Self::Before, Self::After];
}

/// Breaks the `ordinal`-th host call of an instance, once.
#[derive(Debug)]
pub(crate) struct Mishap {
    ordinal: u32,
    moment: Moment,
    happened: AtomicBool,
}

impl Mishap {
    /// Counts from 1.
    pub(crate) fn at(ordinal: u32, moment: Moment) -> Arc<Self> {
        Arc::new(Self { ordinal, moment, happened: AtomicBool::new(false) })
    }

    /// Whether the instance made that many calls.
    pub(crate) fn happened(&self) -> bool {
        self.happened.load(Ordering::Relaxed)
    }

    fn strikes(&self, call: &HostCall, moment: Moment) -> bool {
        let strikes = self.moment == moment && call.ordinal == self.ordinal;
        self.happened.fetch_or(strikes, Ordering::Relaxed);
        strikes
    }
}

impl Seam for Mishap {
    fn before<'a>(&'a self, call: &'a HostCall) -> BoxFuture<'a, Before> {
        let strikes = self.strikes(call, Moment::Before);
        Box::pin(async move { if strikes { Before::Fail(BROKEN.to_owned()) } else { Before::Proceed } })
    }

    fn after<'a>(&'a self, call: &'a HostCall, _: Outcome, _: Duration) -> BoxFuture<'a, After> {
        let strikes = self.strikes(call, Moment::After);
        Box::pin(async move { if strikes { After::Lose(BROKEN.to_owned()) } else { After::Deliver } })
    }
}
