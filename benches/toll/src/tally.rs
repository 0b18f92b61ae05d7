//! What was used, request by request.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tradepost::request::RequestRecord;
use tradepost::seam::{After, Before, HostCall, Outcome, Seam};

/// Sums over requests of a kind.
#[derive(Default)]
struct Sum {
    requests: u64,
    host_calls: u64,
    round_trips: u64,
    fuel: u64,
}

/// Sums by component and, for what a client asks, the words that the request's id ends with.
#[derive(Default)]
pub(crate) struct Tally(Mutex<Sums>);

type Sums = BTreeMap<(String, String), Sum>;

/// What divides a request's number from the words that say what it asks.
pub(crate) const WORDS: char = ':';

impl Tally {
    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn clear(&self) {
        self.sums().clear();
    }

    /// A Markdown table of the averages.
    pub(crate) fn table(&self) -> String {
        let mut table = String::from(
            "| component | request | seen | host calls | round trips | fuel, thousands |\n|---|---|---|---|---|---|\n",
        );
        for ((component, words), sum) in self.sums().iter() {
            let mean = |total: u64| tenths(total, sum.requests);
            let (calls, trips) = (mean(sum.host_calls), mean(sum.round_trips));
            let fuel = sum.fuel / sum.requests / 1_000;
            // Writing to a string cannot fail.
            let _ = writeln!(
                table,
                "| `{component}` | {words} | {} | {calls} | {trips} | {fuel} |",
                sum.requests
            );
        }
        table
    }
}

/// A mean with one decimal where it is not whole.
fn tenths(total: u64, count: u64) -> String {
    if total.is_multiple_of(count) {
        (total / count).to_string()
    } else {
        format!("{}.{}", total / count, total * 10 / count % 10)
    }
}

impl Seam for Tally {
    fn before<'a>(&'a self, _: &'a HostCall) -> BoxFuture<'a, Before> {
        futures::future::ready(Before::Proceed).boxed()
    }

    fn after<'a>(&'a self, _: &'a HostCall, _: Outcome, _: Duration) -> BoxFuture<'a, After> {
        futures::future::ready(After::Deliver).boxed()
    }

    fn ended(&self, component: &str, requests: &[Arc<RequestRecord>], fuel: Option<u64>) {
        let [request] = requests else { return };
        let asked = Arc::ptr_eq(request.id(), request.cascade_id());
        let words = if asked { request.id().rsplit(WORDS).next().unwrap_or_default() } else { "" };
        let mut sums = self.sums();
        let sum = sums.entry((component.to_owned(), words.replace('_', " "))).or_default();
        sum.requests += 1;
        sum.host_calls += u64::from(request.host_calls());
        sum.round_trips += u64::from(request.round_trips());
        sum.fuel += fuel.unwrap_or_default();
    }
}
