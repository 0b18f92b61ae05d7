//! Which cases are run: all of them when there is time, else a sample that the seed decides.

use crate::case::{Case, Strike};
use crate::fault::Fault;
use crate::point::Point;
use tradepost_tests::SeededChance;

/// How much is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Nothing goes wrong.
    Calm,
    /// Every fault at every call, and all pairs of faults of the delivery.
    Full,
    /// Every fault at every call, one at a time.
    Singles,
    /// At some calls some faults, and some pairs.
    Sample,
}

impl Extent {
    /// As the environment wants it: `LAB=calm`, `LAB=singles`, `LAB=full`.
    pub(crate) fn of_environment() -> Self {
        match std::env::var("LAB").as_deref() {
            Ok("full") => Self::Full,
            Ok("calm") => Self::Calm,
            Ok("singles") => Self::Singles,
            _ => Self::Sample,
        }
    }
}

/// Faults at a call with an effect, and at one without, in a sample.
const SAMPLED: (usize, usize) = (3, 1);

/// Pairs of faults of a story, in a sample.
const SAMPLED_PAIRS: usize = 6;

/// Cases of a story or a race in a sample: 12, or what `LAB_CASES` says.
pub(crate) fn sampled() -> usize {
    usize::try_from(crate::number("LAB_CASES", 12)).unwrap()
}

/// The cases of a story that makes these calls, those of `delivery` by the relay and the consumers.
pub(crate) fn cases(
    story: &str,
    calls: &[Point],
    delivery: impl Fn(&Point) -> bool,
    extent: Extent,
    chance: &SeededChance,
) -> Vec<Case> {
    let mut cases = Vec::new();
    if extent == Extent::Calm {
        return cases;
    }
    let case = |strikes| Case { story: story.to_owned(), strikes, stops: Vec::new() };
    for point in calls {
        let effect = point.kind.has_effect();
        // What follows the response has no client that could go.
        let client = !delivery(point) && point.kind.function != "send";
        let mut faults: Vec<Fault> =
            Fault::all(effect).filter(|fault| client || !fault.needs_client()).collect();
        if extent == Extent::Sample {
            let wanted = if effect { SAMPLED.0 } else { SAMPLED.1 };
            draw(&mut faults, wanted, chance);
        }
        cases.extend(faults.into_iter().map(|fault| case(vec![Strike { point: point.clone(), fault }])));
    }
    let mut pairs = pairs(calls, &delivery);
    match extent {
        Extent::Full => {}
        Extent::Calm | Extent::Singles => pairs.clear(),
        Extent::Sample => draw(&mut pairs, SAMPLED_PAIRS, chance),
    }
    cases.extend(pairs.into_iter().map(case));
    if extent == Extent::Sample {
        draw(&mut cases, sampled(), chance);
    }
    cases
}

/// All pairs of faults of the delivery: whatever the first leaves behind, something else happens to.
fn pairs(calls: &[Point], delivery: impl Fn(&Point) -> bool) -> Vec<Vec<Strike>> {
    let faults = [Fault::KillBefore, Fault::KillAfter, Fault::CrashAfter, Fault::Fail, Fault::Lose];
    let strikes: Vec<Strike> = calls
        .iter()
        .filter(|point| delivery(point) && point.kind.has_effect())
        .flat_map(|point| faults.map(|fault| Strike { point: point.clone(), fault }))
        .collect();
    // The second is counted from the first, so it may well be at the same call, when what recovers makes it again.
    strikes
        .iter()
        .enumerate()
        .flat_map(|(place, first)| strikes[place..].iter().map(|second| vec![first.clone(), second.clone()]))
        .collect()
}

/// Leaves so many of a list, by chance and in order.
pub(crate) fn draw<T>(list: &mut Vec<T>, wanted: usize, chance: &SeededChance) {
    while list.len() > wanted {
        let index = usize::try_from(chance.next() % list.len() as u64).unwrap();
        list.remove(index);
    }
}
