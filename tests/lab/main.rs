//! The lab: every command with all its consequences, again and again, and each time something else goes wrong at one
//! of its host calls. Afterwards the product recovers, the client tries again, and everything must be as if nothing
//! had happened. And every two that want the same, with one held before each of its host calls while the other runs.
//!
//! | in the environment | |
//! |---|---|
//! | nothing | a sample, the same every time, and the defects of database functions |
//! | `LAB=calm` | every story once, with nothing going wrong |
//! | `LAB=singles` | every fault at every call |
//! | `LAB=full` | all pairs of faults of the delivery too, and the defects of components |
//! | `LAB_SEED=<number>` | another sample |
//! | `LAB_CASES=<number>` | so many cases of each story in the sample |
//! | `LAB_STORY=<text>` | the stories whose name contains it |
//! | `LAB_DEFECT=<text>` | the defects whose name contains it |
//! | `LAB_CASE=<case>` | one case; a case that fails prints the whole command |

mod case;
mod defects;
mod fault;
mod gates;
mod hand;
mod invariants;
mod plan;
mod point;
mod product;
mod race;
mod races;
mod run;
mod stories;
mod story;
mod world;

use crate::case::Case;
use crate::gates::Racer;
use crate::plan::Extent;
use crate::run::{Outcome, Prepared, Tale};
use futures::stream::{self, StreamExt as _};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;
use tradepost_tests::{Compiled, SeededChance, components};

/// Cases at once. They wait more than they compute.
const AT_ONCE: usize = 6;

/// A number from the environment.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// All that the lab tells.
fn tales() -> impl Iterator<Item = Tale> {
    stories::ALL.iter().copied().map(Tale::Story).chain(races::ALL.iter().copied().map(Tale::Race))
}

/// The story or race of this name, prepared, with a defect in the database or the product of its cases; none: an empty
/// text. An error is that the defect could not be seeded.
async fn prepared(name: &str, defect: &str, product: Arc<Compiled>) -> Result<Prepared, String> {
    let tale = tales().find(|tale| tale.name() == name);
    let tale = tale.unwrap_or_else(|| panic!("there is no story {name:?}"));
    let prepared = tokio::time::timeout(run::LONGEST, Prepared::of(tale, defect, product));
    prepared.await.unwrap_or_else(|_| panic!("{name}: what there is before does not come to be"))
}

/// Tells it when nothing happens; a race in both orders, so that each racer is seen going first.
async fn calm(prepared: &Prepared) -> (Case, Outcome) {
    let name = prepared.tale.name();
    let case = Case::calm(name);
    let mut outcome = prepared.run(&case).await;
    if matches!(prepared.tale, Tale::Race(_)) && outcome.violations.is_empty() {
        let case = Case::led_by(Racer::Other, name);
        let led_by_other = prepared.run(&case).await;
        outcome.seen_of_other = led_by_other.seen_of_other;
        outcome.violations = led_by_other.violations;
        return (case, outcome);
    }
    (case, outcome)
}

/// The cases of what was told once, when nothing happened.
fn cases(prepared: &Prepared, calm: &Outcome, extent: Extent, chance: &SeededChance) -> Vec<Case> {
    match &prepared.tale {
        Tale::Story(story) => {
            plan::cases(story.name, &calm.seen, |point| point.kind.is_delivery(), extent, chance)
        }
        Tale::Race(race) => race::cases(race.name, &calm.seen, &calm.seen_of_other, extent, chance),
    }
}

/// Runs cases of one story, several at once; those that went wrong, with what they say.
async fn run_all(prepared: &Arc<Prepared>, cases: Vec<Case>) -> Vec<(Case, Outcome)> {
    let runs = cases.into_iter().map(|case| {
        let prepared = prepared.clone();
        async move {
            // A task of its own, so that cases use all processors.
            tokio::spawn(async move {
                let outcome = prepared.run(&case).await;
                (case, outcome)
            })
            .await
            .unwrap()
        }
    });
    stream::iter(runs).buffer_unordered(AT_ONCE).collect().await
}

/// Endpoints that only look or compute: nothing can be lost, doubled or left half done.
const QUERIES: &[&str] = &[
    "identity-jwks",
    "identity-password-hashing",
    "inventory-stock",
    "messaging-dead-letters",
    "messaging-events",
    "ordering-order",
    "ordering-order-events",
    "payment-ledger-balances",
    "payment-ledger-entries",
    "payment-payment",
    "platform-docs",
    "platform-health",
    "platform-not-found",
    "platform-openapi",
    "platform-readiness",
];

/// Of the components with a route, those that are in no story are the queries.
fn every_command_has_a_story(told: &BTreeSet<String>) {
    let endpoints = components().endpoints().map(|component| component.id.as_str());
    let untold: BTreeSet<&str> = endpoints.filter(|id| !told.contains(*id)).collect();
    assert_eq!(untold, QUERIES.iter().copied().collect(), "components in no story, and the queries");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_goes_wrong_at_a_host_call_nothing_is_lost_doubled_or_half_done() {
    if let Ok(text) = std::env::var("LAB_CASE") {
        let case: Case = text.parse().unwrap();
        let outcome = prepared(&case.story, "", product::for_the_lab().await).await.unwrap().run(&case).await;
        assert!(outcome.violations.is_empty(), "{case}: {:#?}", outcome.violations);
        let all = case.strikes.len() + case.stops.len();
        assert_eq!(
            outcome.struck,
            all,
            "not every call was made: {:?}",
            (outcome.seen, outcome.seen_of_other)
        );
        return;
    }
    let (start, extent) = (Instant::now(), Extent::of_environment());
    let sample = number("LAB_SEED", 1);
    let wanted = std::env::var("LAB_STORY").unwrap_or_default();
    let (mut cases_run, mut faults, mut meetings, mut failures) = (0, 0, 0, Vec::new());
    // Cases in which the call was not made at which something was to happen: of stories, and of races, whose racers
    // kick the relay and are kicked by it, so that how often it runs is not the same every time.
    let (mut missed, mut not_met) = (0, 0);
    let mut told = BTreeSet::new();
    for tale in tales().filter(|tale| tale.name().contains(&wanted)) {
        let (begun, name) = (Instant::now(), tale.name());
        let prepared = Arc::new(prepared(name, "", product::for_the_lab().await).await.unwrap());
        let (calm, outcome) = calm(&prepared).await;
        assert!(outcome.violations.is_empty(), "{calm}, when nothing goes wrong: {:#?}", outcome.violations);
        told.extend(outcome.seen.iter().map(|point| point.kind.component.clone()));
        // Of the story's own, so that it is the same whatever other stories are told.
        let chance = SeededChance::of(run::seed(&format!("{sample} {name}")));
        let cases = cases(&prepared, &outcome, extent, &chance);
        let outcomes = run_all(&prepared, cases).await;
        eprintln!(
            "{name}: {} host calls, {} cases, {:.1} s",
            outcome.seen.len() + outcome.seen_of_other.len(),
            outcomes.len(),
            begun.elapsed().as_secs_f64()
        );
        for (case, outcome) in outcomes {
            cases_run += 1;
            let was_made = outcome.struck > 0;
            if case.stops.is_empty() {
                faults += outcome.struck;
                missed += usize::from(!was_made);
            } else {
                meetings += usize::from(was_made);
                not_met += usize::from(!was_made);
            }
            if !outcome.violations.is_empty() {
                failures.push(format!("{}\n  {}", case.command(), outcome.violations.join("\n  ")));
            }
        }
    }
    eprintln!(
        "{cases_run} cases, {faults} faults and {meetings} interleavings; {missed} and {not_met} cases whose \
         call was not made; {:.1} s",
        start.elapsed().as_secs_f64()
    );
    if wanted.is_empty() {
        every_command_has_a_story(&told);
    }
    assert!(failures.is_empty(), "{} of {cases_run} cases failed:\n{}", failures.len(), failures.join("\n"));
    assert!(
        missed * 10 <= cases_run && not_met <= meetings,
        "the stories do not repeat: of {cases_run} cases {missed} had no fault and {not_met} no meeting"
    );
}
