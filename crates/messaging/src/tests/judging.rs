//! What replies mean for mailboxes.

use super::{answered, turn};
use crate::{
    Answer, Backoff, Consequence, Failure, Policy, Reply, Settlement, given_back, judge, plan, used_up,
};

const POLICY: Policy = Policy { most_attempts: 3, backoff: Backoff { base_milliseconds: 100 } };

/// How the turn ends when each wait is as long as its limit allows.
#[track_caller]
fn check(attempts: u32, ids: &str, reply: &Reply, expected: (Option<i64>, Option<(&str, Consequence)>)) {
    let (through, failure) = expected;
    let limit = match failure {
        Some((_, Consequence::Retry(wait) | Consequence::RetryUncounted(wait))) => wait,
        _ => 0,
    };
    let settlement = judge(&turn("c", attempts, ids), reply, POLICY, 2, limit.into());
    let failure = failure.map(|(error, consequence)| Failure { error: error.to_owned(), consequence });
    assert_eq!(settlement, Settlement { through, failure });
}

fn failed(why: &str) -> Answer {
    Answer::Failed(why.to_owned())
}

#[test]
fn what_was_applied_is_taken() {
    let all = answered(&[("a1", Answer::Applied), ("a2", Answer::Applied)]);
    check(1, "a1 a2", &all, (Some(2), None));
}

#[test]
fn the_first_that_was_not_applied_is_tried_again_and_those_behind_it_wait() {
    let reply = answered(&[("a1", Answer::Applied), ("a2", failed("no")), ("a3", Answer::Held)]);
    check(1, "a1 a2 a3", &reply, (Some(1), Some(("no", Consequence::Retry(100)))));
    // Whatever a consumer says of those behind it.
    let reply = answered(&[("a1", failed("no")), ("a2", Answer::Applied)]);
    check(1, "a1 a2", &reply, (None, Some(("no", Consequence::Retry(100)))));
}

#[test]
fn tries_are_bounded_and_the_last_error_stays() {
    let reply = answered(&[("a1", failed("no"))]);
    check(2, "a1", &reply, (None, Some(("no", Consequence::Retry(200)))));
    check(3, "a1", &reply, (None, Some(("no", Consequence::SetAside))));
    check(3, "a1", &Reply::Broken("trap".to_owned()), (None, Some(("trap", Consequence::SetAside))));
    check(3, "a1", &Reply::Late("slow".to_owned()), (None, Some(("slow", Consequence::SetAside))));
}

#[test]
fn an_event_behind_those_that_were_taken_has_had_one_try() {
    let reply = answered(&[("a1", Answer::Applied), ("a2", failed("no"))]);
    check(3, "a1 a2", &reply, (Some(1), Some(("no", Consequence::Retry(100)))));
}

#[test]
fn what_is_rejected_is_set_aside_at_once() {
    let reply = answered(&[("a1", Answer::Applied), ("a2", Answer::Rejected("never".to_owned()))]);
    check(1, "a1 a2", &reply, (Some(1), Some(("never", Consequence::SetAside))));
}

#[test]
fn what_nobody_was_there_for_is_no_try() {
    let wait = Consequence::RetryUncounted(200);
    let down = answered(&[("a1", Answer::Unavailable("down".to_owned()))]);
    check(1, "a1", &down, (None, Some(("down", wait))));
    check(3, "a1", &down, (None, Some(("down", wait))));
    check(3, "a1", &Reply::Away("gone".to_owned()), (None, Some(("gone", wait))));
}

#[test]
fn a_missing_or_senseless_answer_is_a_failure() {
    let retry = Consequence::Retry(100);
    check(1, "a1", &answered(&[]), (None, Some(("The consumer did not answer for it", retry))));
    let held = "The consumer held it back, but took all that was before it";
    check(1, "a1", &answered(&[("a1", Answer::Held)]), (None, Some((held, retry))));
}

#[test]
fn an_error_is_kept_in_a_form_that_the_store_takes() {
    let long = format!("\0{}", "é".repeat(5_000));
    let settlement = judge(&turn("c", 1, "a1"), &answered(&[("a1", failed(&long))]), POLICY, 0, 0);
    let error = settlement.failure.unwrap().error;
    assert_eq!((error.chars().count(), error.chars().next()), (1_000, Some('\u{fffd}')));
}

#[test]
fn turns_are_delivered_together_but_for_those_that_failed_before() {
    let turns = vec![
        turn("x", 1, "a1 a2"),
        turn("y", 2, "a1"),
        turn("y", 1, "b3"),
        turn("x", 3, "c4"),
        turn("y", 1, "d5"),
        turn("x", 4, "e6"),
        turn("y", 3, "f7"),
    ];
    let plan = plan(turns, 3);
    assert_eq!(plan.together, [vec![turn("x", 1, "a1 a2")], vec![turn("y", 1, "b3"), turn("y", 1, "d5")]]);
    assert_eq!(plan.alone, [vec![turn("y", 2, "a1"), turn("y", 3, "f7")], vec![turn("x", 3, "c4")]]);
    assert_eq!(plan.used_up, [turn("x", 4, "e6")]);
}

#[test]
fn what_killed_its_deliverer_each_time_is_set_aside_undelivered() {
    let failure = used_up(&turn("x", 4, "e6")).failure.unwrap();
    assert_eq!(failure.consequence, Consequence::SetAside);
    assert!(failure.error.contains("3 tries"), "{}", failure.error);
}

#[test]
fn what_is_given_back_is_due_at_once_and_was_not_tried() {
    assert_eq!(given_back().failure.unwrap().consequence, Consequence::RetryUncounted(0));
}
