//! The hand on the host calls of one case: it counts them, and strikes where the case says.

use crate::case::Strike;
use crate::fault::{BROKEN, Fault};
use crate::point::{Kind, Point};
use crate::world::RELAY;
use futures::future::BoxFuture;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tradepost::seam::{After, Before, HostCall, Outcome, Seam};
use tradepost_tests::HeldClock;

/// The id of the request that the case is about. What components send each other because of it belongs to it.
pub(crate) const SUBJECT: &str = "the-subject";

/// What a refused call says.
const REFUSED: &str = "the lab says no";

/// How the clock runs while a call is slow: so much every so often, so many times. Guests give up after 10 and 15 of its
/// seconds, the host after fewer of the machine's than all this takes.
const TICK: (Duration, Duration, usize) = (Duration::from_secs(2), Duration::from_millis(15), 70);

/// Time for the host to notice that a client is gone.
const HANGING_UP: Duration = Duration::from_millis(300);

/// The hand. It outlives the processes of a case.
pub(crate) struct Hand {
    pub(crate) clock: Arc<HeldClock>,
    state: Mutex<State>,
    /// Told when the client is to hang up.
    pub(crate) hang_up: Notify,
    /// Told when the process is dead.
    pub(crate) crashed: Notify,
}

#[derive(Default)]
struct State {
    /// What has not struck yet, the next first.
    strikes: VecDeque<Strike>,
    struck: usize,
    /// Calls by kind since the last strike.
    counts: HashMap<Kind, u32>,
    /// Calls of the subject, in order.
    seen: Vec<Point>,
    /// The call whose effect is to be followed by a fault.
    after: Option<(String, u32, Fault)>,
    /// Processes that have died.
    deaths: u32,
    calls: u64,
    /// Kicks do not reach the relay.
    kicks_stopped: bool,
}

impl Hand {
    pub(crate) fn new(clock: &Arc<HeldClock>, strikes: &[Strike]) -> Arc<Self> {
        let state = State { strikes: strikes.iter().cloned().collect(), ..State::default() };
        Arc::new(Self {
            clock: clock.clone(),
            state: Mutex::new(state),
            hang_up: Notify::new(),
            crashed: Notify::new(),
        })
    }

    /// The subject's calls so far.
    pub(crate) fn seen(&self) -> Vec<Point> {
        self.state.lock().unwrap().seen.clone()
    }

    /// All calls so far.
    pub(crate) fn calls(&self) -> u64 {
        self.state.lock().unwrap().calls
    }

    /// How many strikes there were.
    pub(crate) fn struck(&self) -> usize {
        self.state.lock().unwrap().struck
    }

    /// How many strikes there are to be.
    pub(crate) fn expected(&self) -> usize {
        let state = self.state.lock().unwrap();
        state.struck + state.strikes.len()
    }

    /// No more strikes from here.
    pub(crate) fn rest(&self) {
        self.state.lock().unwrap().strikes.clear();
    }

    /// Whether kicks are kept from the relay.
    pub(crate) fn stop_kicks(&self, stopped: bool) {
        self.state.lock().unwrap().kicks_stopped = stopped;
    }

    /// How many processes have died.
    pub(crate) fn deaths(&self) -> u32 {
        self.state.lock().unwrap().deaths
    }

    /// The seam of the process that runs now.
    pub(crate) fn grip(self: &Arc<Self>) -> Arc<dyn Seam> {
        Arc::new(Grip { hand: self.clone(), deaths: self.deaths() })
    }

    /// What is to happen at a call of the process before which `deaths` had died: `Err` when it is dead itself.
    fn fault_at(&self, call: &HostCall, deaths: u32) -> Result<Option<Fault>, ()> {
        let mut state = self.state.lock().unwrap();
        state.calls += 1;
        if state.deaths > deaths {
            return Err(());
        }
        if state.kicks_stopped && call.function == "send" && &*call.component != RELAY {
            return Ok(Some(Fault::Fail));
        }
        // A second fault may strike anywhere after the first: what recovers has calls of its own.
        if call.cascade_id() != Some(SUBJECT) && state.struck == 0 {
            return Ok(None);
        }
        let kind = Kind::of(call);
        let number = *state.counts.entry(kind.clone()).and_modify(|count| *count += 1).or_insert(1);
        let point = Point { kind, number };
        let fault = state.strikes.front().filter(|strike| strike.point == point).map(|strike| strike.fault);
        if call.cascade_id() == Some(SUBJECT) && state.struck == 0 {
            state.seen.push(point);
        }
        if let Some(fault) = fault {
            state.strikes.pop_front();
            state.struck += 1;
            state.counts.clear();
            if fault.is_after() {
                state.after = Some((call.request_id().unwrap_or_default().to_owned(), call.ordinal, fault));
                return Ok(None);
            }
        }
        Ok(fault)
    }

    fn fault_after(&self, call: &HostCall, deaths: u32) -> Result<Option<Fault>, ()> {
        let mut state = self.state.lock().unwrap();
        if state.deaths > deaths {
            return Err(());
        }
        let this = |(id, ordinal, _): &(String, u32, Fault)| {
            call.request_id().unwrap_or_default() == id && call.ordinal == *ordinal
        };
        if !state.after.as_ref().is_some_and(this) {
            return Ok(None);
        }
        Ok(state.after.take().map(|(_, _, fault)| fault))
    }

    fn die(&self) {
        self.state.lock().unwrap().deaths += 1;
        self.crashed.notify_one();
    }

    /// Holds a call for longer than anybody waits for it.
    async fn hold(&self, call: &HostCall) {
        let (seconds, pause, ticks) = TICK;
        for _ in 0..ticks {
            self.clock.advance(seconds);
            if self.hold_until_abandoned(call, pause).await {
                return;
            }
        }
    }

    /// Whether nobody waits for the call's request any more.
    async fn hold_until_abandoned(&self, call: &HostCall, at_most: Duration) -> bool {
        let Some(request) = &call.request else {
            tokio::time::sleep(at_most).await;
            return false;
        };
        tokio::time::timeout(at_most, request.abandoned()).await.is_ok()
    }

    async fn hang_up(&self, call: &HostCall) {
        self.hang_up.notify_one();
        self.hold_until_abandoned(call, HANGING_UP).await;
    }
}

/// One process's hold on the hand: when the process has died, none of its guests goes on.
struct Grip {
    hand: Arc<Hand>,
    deaths: u32,
}

impl Seam for Grip {
    fn before<'a>(&'a self, call: &'a HostCall) -> BoxFuture<'a, Before> {
        let hand = &self.hand;
        Box::pin(async move {
            match hand.fault_at(call, self.deaths) {
                Err(()) | Ok(Some(Fault::KillBefore)) => return Before::Kill,
                Ok(Some(Fault::CrashBefore)) => {
                    hand.die();
                    return Before::Kill;
                }
                Ok(Some(Fault::Fail)) => return Before::Fail(REFUSED.to_owned()),
                Ok(Some(Fault::Break)) => return Before::Fail(BROKEN.to_owned()),
                Ok(Some(Fault::SlowBefore)) => hand.hold(call).await,
                Ok(Some(Fault::GoneBefore)) => hand.hang_up(call).await,
                Ok(_) => {}
            }
            Before::Proceed
        })
    }

    fn after<'a>(&'a self, call: &'a HostCall, _: Outcome, _: Duration) -> BoxFuture<'a, After> {
        let hand = &self.hand;
        Box::pin(async move {
            match hand.fault_after(call, self.deaths) {
                Err(()) | Ok(Some(Fault::KillAfter)) => return After::Kill,
                Ok(Some(Fault::CrashAfter)) => {
                    hand.die();
                    return After::Kill;
                }
                Ok(Some(Fault::Lose)) => return After::Lose(BROKEN.to_owned()),
                Ok(Some(Fault::SlowAfter)) => hand.hold(call).await,
                Ok(Some(Fault::GoneAfter)) => hand.hang_up(call).await,
                Ok(_) => {}
            }
            After::Deliver
        })
    }
}
