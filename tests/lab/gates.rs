//! Gates before host calls, at which one racer waits while the other runs: what makes two requests interleave in one way
//! and no other, however busy the machine is.

use crate::point::{Kind, Point};
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tradepost::seam::HostCall;

/// Which of two that run at the same time. What components send each other because of a racer belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Racer {
    One,
    Other,
}

impl Racer {
    /// The id of its request.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Other => "other",
        }
    }

    pub(crate) const fn rival(self) -> Self {
        match self {
            Self::One => Self::Other,
            Self::Other => Self::One,
        }
    }

    fn of(call: &HostCall) -> Option<Self> {
        [Self::One, Self::Other].into_iter().find(|racer| call.cascade_id() == Some(racer.id()))
    }
}

/// A racer and the call before which it is held: `one@ordering-orders/query#2`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Stop {
    pub(crate) racer: Racer,
    pub(crate) point: Point,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.racer.id(), self.point)
    }
}

impl FromStr for Stop {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (racer, point) = text.split_once('@').ok_or_else(|| format!("{text:?} holds nobody"))?;
        let racer = [Racer::One, Racer::Other].into_iter().find(|known| known.id() == racer);
        Ok(Self { racer: racer.ok_or_else(|| format!("{text:?} is no racer"))?, point: point.parse()? })
    }
}

/// A stop, and who has come to it.
struct Gate {
    stop: Stop,
    reached: Arc<Notify>,
    opened: Arc<Notify>,
    passed: bool,
}

/// The gates of one case.
#[derive(Default)]
pub(crate) struct Gates(Mutex<State>);

#[derive(Default)]
struct State {
    gates: Vec<Gate>,
    counts: HashMap<(Racer, Kind), u32>,
    seen: HashMap<Racer, Vec<Point>>,
}

/// Two ends of a gate.
pub(crate) struct Ends {
    /// Told when the racer has come.
    pub(crate) reached: Arc<Notify>,
    /// To be told when it may go on.
    pub(crate) opened: Arc<Notify>,
}

impl Gates {
    /// Puts a gate up.
    pub(crate) fn put_up(&self, stop: Stop) -> Ends {
        let (reached, opened) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let ends = Ends { reached: reached.clone(), opened: opened.clone() };
        self.0.lock().unwrap().gates.push(Gate { stop, reached, opened, passed: false });
        ends
    }

    /// What a racer has called, in order.
    pub(crate) fn seen(&self, racer: Racer) -> Vec<Point> {
        self.0.lock().unwrap().seen.get(&racer).cloned().unwrap_or_default()
    }

    /// Nobody is held any more, and nothing noted.
    pub(crate) fn take_down(&self) {
        let mut state = self.0.lock().unwrap();
        state.gates.drain(..).for_each(|gate| gate.opened.notify_one());
    }

    /// Waits for the gate to be opened if there is one before this call.
    pub(crate) async fn pass(&self, call: &HostCall) {
        let Some(racer) = Racer::of(call) else { return };
        let opened = {
            let mut state = self.0.lock().unwrap();
            let kind = Kind::of(call);
            let number =
                *state.counts.entry((racer, kind.clone())).and_modify(|count| *count += 1).or_insert(1);
            let stop = Stop { racer, point: Point { kind, number } };
            state.seen.entry(racer).or_default().push(stop.point.clone());
            let gate = state.gates.iter_mut().find(|gate| gate.stop == stop && !gate.passed);
            gate.map(|gate| {
                gate.passed = true;
                gate.reached.notify_one();
                gate.opened.clone()
            })
        };
        if let Some(opened) = opened {
            opened.notified().await;
        }
    }
}
