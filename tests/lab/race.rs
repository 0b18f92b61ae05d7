//! Two that want the same at the same time: one is held before one of its host calls, and the other runs to its end or to
//! one of its own calls; then the first goes on. So every moment of each meets every state that the other leaves.

use crate::case::Case;
use crate::gates::{Ends, Racer, Stop};
use crate::plan::{Extent, draw, sampled};
use crate::point::Point;
use crate::story::Verdict;
use crate::world::World;
use futures::future::{BoxFuture, join};
use std::time::Duration;
use tokio::time::timeout;
use tradepost_tests::{Answer, SeededChance};

/// How long one waits for the other, who may wait for the first or never come to where he is to be held.
const MEETING: Duration = Duration::from_secs(5);

/// Ways in which both are held, of which a longer run has so many.
const PAIRS: usize = 150;

/// Two requests, and what must hold whoever comes first.
#[derive(Clone, Copy)]
pub(crate) struct Race {
    /// `<resource>.<what is raced for>`.
    pub(crate) name: &'static str,
    /// What there is before; done once, every case starts from a copy.
    pub(crate) prepare: fn(&World) -> BoxFuture<'_, ()>,
    /// What a racer does: its requests have its id.
    pub(crate) run: fn(&World, Racer) -> BoxFuture<'_, Option<Answer>>,
    /// What must hold at the end, beside the invariants.
    pub(crate) holds: for<'a> fn(&'a Raced<'a>) -> BoxFuture<'a, Verdict>,
    /// Whether the events of what there is before have been delivered before.
    pub(crate) delivered: bool,
    /// Whether kicks reach the relay; otherwise nothing is delivered before both have ended.
    pub(crate) kicked: bool,
}

/// A race that is over, with the product at rest.
pub(crate) struct Raced<'a> {
    pub(crate) world: &'a World,
    /// What each was told.
    pub(crate) one: Answer,
    pub(crate) other: Answer,
}

impl Raced<'_> {
    /// The statuses of the answers, the lower one first.
    pub(crate) fn statuses(&self) -> (u16, u16) {
        let (one, other) = (self.one.status, self.other.status);
        (one.min(other), one.max(other))
    }
}

/// Runs both as the stops say; what each was told, and how many of the stops were come to.
pub(crate) async fn run(
    race: &Race,
    world: &World,
    stops: &[Stop],
) -> (Option<Answer>, Option<Answer>, usize) {
    let gates = &world.hand.gates;
    world.hand.stop_kicks(!race.kicked);
    let mut ends: Vec<Ends> = stops.iter().map(|stop| gates.put_up(stop.clone())).collect();
    let second = (ends.len() > 1).then(|| ends.pop().unwrap());
    let first = ends.pop();
    let begins = stops.first().map_or(Racer::One, |stop| stop.racer);
    let mut come_to = 0;

    let leader = async {
        let answer = (race.run)(world, begins).await;
        // What goes on behind the answer is the racer's too.
        world.quiet().await;
        answer
    };
    let (mut leader, mut follower_answer) = (Box::pin(leader), None);
    let Some(first) = first else {
        let led = leader.await;
        let followed = (race.run)(world, begins.rival()).await;
        return in_order(begins, led, followed, 0);
    };
    // The leader runs until he is held, or to his end if he never comes there.
    let early = tokio::select! {
        biased;
        () = first.reached.notified() => { come_to += 1; None }
        answer = &mut leader => Some(answer),
    };
    let mut follower = (race.run)(world, begins.rival());
    if let Some(second) = &second {
        tokio::select! {
            biased;
            () = second.reached.notified() => come_to += 1,
            answer = &mut follower => follower_answer = Some(answer),
            () = tokio::time::sleep(MEETING) => {}
        }
    } else if let Ok(answer) = timeout(MEETING, &mut follower).await {
        follower_answer = Some(answer);
        world.quiet().await;
    }
    first.opened.notify_one();
    let led = async {
        let answer = match early {
            Some(answer) => answer,
            None => leader.await,
        };
        if let Some(second) = &second {
            second.opened.notify_one();
        }
        answer
    };
    let came_second = async {
        match follower_answer {
            Some(answer) => answer,
            None => follower.await,
        }
    };
    let (led, came_second) = join(led, came_second).await;
    gates.take_down();
    in_order(begins, led, came_second, come_to)
}

fn in_order(
    begins: Racer,
    led: Option<Answer>,
    followed: Option<Answer>,
    come_to: usize,
) -> (Option<Answer>, Option<Answer>, usize) {
    match begins {
        Racer::One => (led, followed, come_to),
        Racer::Other => (followed, led, come_to),
    }
}

/// The cases of a race in which each racer, going first, makes these calls.
pub(crate) fn cases(
    name: &str,
    one: &[Point],
    other: &[Point],
    extent: Extent,
    chance: &SeededChance,
) -> Vec<Case> {
    let stops = |racer, points: &[Point]| {
        let matters = |point: &&Point| point.kind.meets_others();
        points.iter().filter(matters).map(|point| Stop { racer, point: point.clone() }).collect::<Vec<_>>()
    };
    let (ones, others) = (stops(Racer::One, one), stops(Racer::Other, other));
    let mut singles: Vec<Vec<Stop>> = ones.iter().chain(&others).map(|stop| vec![stop.clone()]).collect();
    let mut pairs: Vec<Vec<Stop>> = Vec::new();
    for first in &ones {
        for second in &others {
            pairs.push(vec![first.clone(), second.clone()]);
            pairs.push(vec![second.clone(), first.clone()]);
        }
    }
    match extent {
        Extent::Calm => {
            singles.clear();
            pairs.clear();
        }
        Extent::Full => draw(&mut pairs, PAIRS, chance),
        Extent::Singles => pairs.clear(),
        Extent::Sample => {
            draw(&mut singles, sampled() * 2 / 3, chance);
            draw(&mut pairs, sampled() / 3, chance);
        }
    }
    let case = |stops| Case { story: name.to_owned(), strikes: Vec::new(), stops };
    singles.into_iter().chain(pairs).map(case).collect()
}
