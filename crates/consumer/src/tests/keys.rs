//! A batch applied in few calls.

use std::cell::RefCell;

use super::{events, now};
use crate::{CloudEvent, Outcome, apply_by_key};

/// Applies the events `ids` by an `apply` that fails as soon as it is given one of `failing`, and expects the calls
/// it gets and the outcomes.
#[track_caller]
fn check(ids: &str, failing: &[(&str, Outcome)], calls: &[&str], expected: &[Outcome]) {
    let seen = RefCell::new(Vec::new());
    let outcomes = now(apply_by_key(&events(ids), async |given: &[&CloudEvent]| {
        let given: Vec<&str> = given.iter().map(|event| event.id.as_str()).collect();
        seen.borrow_mut().push(given.join(" "));
        let failure = failing.iter().find(|(id, _)| given.contains(id));
        failure.map_or(Ok(()), |(_, outcome)| Err(outcome.clone()))
    }));
    assert_eq!(*seen.borrow(), calls);
    assert_eq!(outcomes, expected);
}

fn failed() -> Outcome {
    Outcome::Failed("no".to_owned())
}

fn down() -> Outcome {
    Outcome::Unavailable("down".to_owned())
}

use Outcome::{Applied, Held};

#[test]
fn a_good_batch_is_one_call() {
    check("a1 b1 a2", &[], &["a1 b1 a2"], &[Applied, Applied, Applied]);
}

#[test]
fn an_empty_batch_is_no_call() {
    check("", &[], &[], &[]);
}

#[test]
fn a_poisoned_key_blocks_only_itself() {
    check(
        "a1 b1 a2 c1 a3",
        &[("a2", failed())],
        &["a1 b1 a2 c1 a3", "a1 a2 a3", "a1", "a2", "b1", "c1"],
        &[Applied, Applied, failed(), Applied, Held],
    );
}

#[test]
fn a_key_alone_is_not_tried_twice_as_a_whole() {
    check("a1 a2", &[("a1", failed())], &["a1 a2", "a1"], &[failed(), Held]);
    check("a1", &[("a1", failed())], &["a1"], &[failed()]);
    check("a1 b1", &[("b1", failed())], &["a1 b1", "a1", "b1"], &[Applied, failed()]);
}

#[test]
fn a_rejected_event_does_not_take_its_batch_with_it() {
    let rejected = Outcome::Rejected("never".to_owned());
    check("a1 b1", &[("a1", rejected.clone())], &["a1 b1", "a1", "b1"], &[rejected, Applied]);
}

#[test]
fn nothing_more_is_tried_once_something_is_unavailable() {
    check("a1 b1", &[("a1", down())], &["a1 b1"], &[down(), down()]);
    check("a1 b1 c1", &[("b1", down()), ("c1", failed())], &["a1 b1 c1"], &[down(), down(), down()]);
}

#[test]
fn what_was_applied_before_the_outage_stays_applied() {
    let calls = RefCell::new(0);
    let outcomes = now(apply_by_key(&events("a1 b1 c1"), async |_: &[&CloudEvent]| {
        *calls.borrow_mut() += 1;
        match *calls.borrow() {
            1 => Err(failed()),
            2 => Ok(()),
            _ => Err(down()),
        }
    }));
    assert_eq!(outcomes, [Applied, down(), down()]);
    assert_eq!(*calls.borrow(), 3);
}
