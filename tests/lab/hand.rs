//! The hand on the host calls of one case: it counts them, and strikes where the case says.

use crate::case::Strike;
use crate::fault::{BROKEN, Fault};
use crate::gates::Gates;
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

/// The id of a request that is sent at the same time.
pub(crate) const RIVAL: &str = "the-rival";

/// How long one waits for the other where two meet. Faults may see to it that the other never comes.
const MEETING: Duration = Duration::from_millis(300);

/// What a refused call says.
const REFUSED: &str = "the lab says no";

/// The component that wakes others when time has passed.
const TICK_COMPONENT: &str = "platform-tick";

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
    /// Told when the rival has come to where it meets the subject, and when the subject has gone on from there.
    rival_came: Notify,
    subject_went: Notify,
    /// Where racers are held.
    pub(crate) gates: Gates,
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
    meeting: Option<Meeting>,
}

/// The call at which the subject and its rival meet.
struct Meeting {
    point: Point,
    /// Calls of that kind so far, by request.
    calls: HashMap<String, u32>,
}

impl Meeting {
    /// Counts a call; whether it is the one at which they meet.
    fn is_at(&mut self, call: &HostCall) -> bool {
        if Kind::of(call) != self.point.kind {
            return false;
        }
        let id = call.request_id().unwrap_or_default().to_owned();
        *self.calls.entry(id).and_modify(|count| *count += 1).or_insert(1) == self.point.number
    }

    /// Whether the last call that was counted of this request is the one at which they meet, and is this one.
    fn was_at(&self, call: &HostCall) -> bool {
        let count = self.calls.get(call.request_id().unwrap_or_default());
        Kind::of(call) == self.point.kind && count == Some(&self.point.number)
    }
}

impl Hand {
    pub(crate) fn new(clock: &Arc<HeldClock>, strikes: &[Strike]) -> Arc<Self> {
        let state = State { strikes: strikes.iter().cloned().collect(), ..State::default() };
        Arc::new(Self {
            clock: clock.clone(),
            state: Mutex::new(state),
            hang_up: Notify::new(),
            crashed: Notify::new(),
            rival_came: Notify::new(),
            subject_went: Notify::new(),
            gates: Gates::default(),
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

    /// The subject and its rival meet before the call that is `point` in each of them. The subject goes first, and the
    /// rival when the subject's call is over: who comes too late is the same every time.
    pub(crate) fn meet_at(&self, point: &str) {
        let meeting = Meeting { point: point.parse().unwrap(), calls: HashMap::new() };
        self.state.lock().unwrap().meeting = Some(meeting);
    }

    /// Waits for the other request if this is where they meet.
    async fn meet(&self, call: &HostCall) {
        let here = self.state.lock().unwrap().meeting.as_mut().is_some_and(|meeting| meeting.is_at(call));
        let other = match call.request_id() {
            Some(SUBJECT) if here => &self.rival_came,
            Some(RIVAL) if here => {
                self.rival_came.notify_one();
                &self.subject_went
            }
            _ => return,
        };
        // An error is that a fault kept the other from coming.
        let _ = tokio::time::timeout(MEETING, other.notified()).await;
    }

    /// Lets the rival go on if this was the subject's call at which they met.
    fn part(&self, call: &HostCall) {
        let met = self.state.lock().unwrap().meeting.as_ref().is_some_and(|meeting| meeting.was_at(call));
        if met && call.request_id() == Some(SUBJECT) {
            self.subject_went.notify_one();
        }
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
        let is_kick = call.function == "send" && ![RELAY, TICK_COMPONENT].contains(&&*call.component);
        if state.kicks_stopped && is_kick {
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
            hand.meet(call).await;
            hand.gates.pass(call).await;
            Before::Proceed
        })
    }

    fn after<'a>(&'a self, call: &'a HostCall, _: Outcome, _: Duration) -> BoxFuture<'a, After> {
        let hand = &self.hand;
        hand.part(call);
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
