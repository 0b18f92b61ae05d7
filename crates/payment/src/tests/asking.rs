//! What the provider is asked in every situation, and what each of its answers means.

use super::{NOON, approved, later, names, reaction, said_no, short, situation, situations};
use crate::{Answer, Reaction, Step, due_at, next_steps};

/// What follows from each answer: approved, declined, pending, absent, unknown. What is recorded stands in brackets.
fn follows(name: &str, seconds: u64) -> Vec<String> {
    let answers = [approved(), said_no(), Answer::Pending, Answer::Absent, Answer::Unknown];
    let all = answers.into_iter().map(|answer| match reaction(&situation(name), answer, later(seconds)) {
        Reaction::Record(events) => format!("[{}]", names(&events)),
        Reaction::Ask(step) => short(&step),
        Reaction::Wait => "wait".to_owned(),
    });
    all.collect()
}

#[test]
fn what_is_asked_in_every_situation_and_when() {
    // At once; two seconds later; fifteen; when stock is not promised for long enough any more; a quarter of a minute
    // after that.
    let moments = [0, 2, 15, 886, 901];
    for (name, payment) in situations() {
        let asked: Vec<String> = moments
            .iter()
            .map(|seconds| {
                let steps = next_steps(&payment, later(*seconds));
                assert!(steps.len() <= 1, "{name}");
                steps.first().map_or_else(|| "-".to_owned(), short)
            })
            .collect();
        let expected: [&str; 5] = match name {
            "initiated" => ["authorise 1", "authorise 1", "authorise 1", "-", "look up Authorise 1"],
            "second attempt" => ["authorise 2", "authorise 2", "authorise 2", "-", "look up Authorise 2"],
            "pending" => ["capture 1", "capture 1", "capture 1", "-", "-"],
            "promise unknown" | "called off while promise unknown" => [
                "-",
                "look up Authorise 1",
                "look up Authorise 1",
                "look up Authorise 1",
                "look up Authorise 1",
            ],
            "capture unknown" | "called off while capture unknown" => {
                ["-", "look up Capture 1", "look up Capture 1", "look up Capture 1", "look up Capture 1"]
            }
            "refunding" => ["refund"; 5],
            "refund unknown" => ["-", "look up refund", "look up refund", "look up refund", "look up refund"],
            "capture declined" | "lapsed" | "called off while pending" => ["void 1"; 5],
            "called off while initiated" => {
                ["-", "-", "look up Authorise 1", "look up Authorise 1", "look up Authorise 1"]
            }
            _ => ["-"; 5],
        };
        assert_eq!(asked, expected, "{name}");
    }
}

#[test]
fn somebody_has_to_see_to_whatever_can_be_asked_now_or_later() {
    for (name, payment) in situations() {
        let ever_asked = (0..2000).any(|seconds| !next_steps(&payment, later(seconds)).is_empty());
        assert_eq!(due_at(&payment, NOON).is_some(), ever_asked, "{name}");
        if let Some(due_at) = due_at(&payment, NOON) {
            assert!(!next_steps(&payment, due_at).is_empty(), "{name} is due and has nothing to do");
        }
    }
}

#[test]
fn what_each_answer_means() {
    for (name, seconds, expected) in [
        ("initiated", 0, ["[payment-authorised]", "[payment-declined]", "wait", "", "[payment-unknown]"]),
        (
            "promise unknown",
            2,
            [
                "[payment-authorised]",
                "[payment-declined]",
                "wait",
                "[payment-attempt-failed payment-attempt-started]",
                "wait",
            ],
        ),
        (
            "promise unknown",
            841,
            [
                "[payment-authorised]",
                "[payment-declined]",
                "wait",
                "[payment-attempt-failed payment-declined]",
                "wait",
            ],
        ),
        (
            "called off while promise unknown",
            2,
            ["[payment-authorised]", "[payment-attempt-failed]", "wait", "[payment-attempt-failed]", "wait"],
        ),
        (
            "called off while initiated",
            15,
            ["[payment-authorised]", "[payment-attempt-failed]", "wait", "[payment-attempt-failed]", ""],
        ),
        ("pending", 0, ["[payment-captured]", "[payment-declined]", "wait", "", "[payment-unknown]"]),
        ("capture unknown", 2, ["[payment-captured]", "[payment-declined]", "wait", "capture 1", "wait"]),
        (
            "capture unknown",
            886,
            ["[payment-captured]", "[payment-declined]", "wait", "[payment-declined]", "wait"],
        ),
        (
            "called off while capture unknown",
            2,
            ["[payment-captured refund-requested]", "void 1", "wait", "void 1", "wait"],
        ),
        ("called off while pending", 0, ["[payment-voided]", "look up after void 1", "wait", "wait", "wait"]),
        ("lapsed", 0, ["[payment-voided]", "look up after void 1", "wait", "wait", "wait"]),
        ("capture declined", 0, ["[payment-voided]", "[payment-voided]", "wait", "wait", "wait"]),
        ("refunding", 0, ["[payment-refunded]", "[refund-declined]", "wait", "wait", "[refund-unknown]"]),
        ("refund unknown", 2, ["[payment-refunded]", "[refund-declined]", "wait", "refund", "wait"]),
    ] {
        for (found, expected) in follows(name, seconds).iter().zip(expected) {
            // An answer that this step has not.
            if !expected.is_empty() {
                assert_eq!(found, expected, "{name} after {seconds} s: {:?}", follows(name, seconds));
            }
        }
    }
}

#[test]
fn the_third_attempt_is_the_last() {
    let mut payment = situation("initiated");
    for attempt in 1..=3 {
        let Reaction::Record(lost) = reaction(&payment, Answer::Unknown, NOON) else { panic!("no record") };
        payment = super::evolved(&payment, &lost, NOON);
        let Reaction::Record(events) = reaction(&payment, Answer::Absent, later(2)) else {
            panic!("no record")
        };
        let follows = if attempt < 3 { "payment-attempt-started" } else { "payment-declined" };
        assert_eq!(names(&events), format!("payment-attempt-failed {follows}"));
        payment = super::evolved(&payment, &events, NOON);
    }
    assert_eq!(crate::view(&payment).unwrap().decline_code.as_deref(), Some("processing_error"));
}

#[test]
fn what_the_provider_will_not_let_go_of_was_taken_or_is_not_held() {
    let payment = situation("called off while pending");
    let Reaction::Ask(look) = reaction(&payment, said_no(), NOON) else { panic!("no look") };
    for (answer, expected) in [
        (approved(), "[payment-captured refund-requested]"),
        (said_no(), "[payment-voided]"),
        (Answer::Absent, "[payment-voided]"),
        (Answer::Pending, ""),
        (Answer::Unknown, ""),
    ] {
        match crate::react(&payment, &look, answer, NOON) {
            Reaction::Record(events) => assert_eq!(format!("[{}]", names(&events)), expected),
            Reaction::Wait => assert_eq!(expected, ""),
            Reaction::Ask(step) => panic!("{step:?}"),
        }
    }
}

#[test]
fn a_step_has_the_same_reference_however_often_it_is_come_to() {
    let reference = |name: &str, seconds: u64| match next_steps(&situation(name), later(seconds)).remove(0) {
        Step::Authorise { reference, .. }
        | Step::Capture { reference, .. }
        | Step::Void { reference, .. }
        | Step::Refund { reference, .. }
        | Step::LookUp { reference, .. }
        | Step::LookUpAfterVoid { reference, .. }
        | Step::LookUpRefund { reference, .. } => reference,
    };
    let payment = "payment_01h455vb4pex5vsknk084sn02q";
    for (name, seconds, expected) in [
        ("initiated", 0, format!("{payment}-1-authorise")),
        ("initiated", 7, format!("{payment}-1-authorise")),
        ("promise unknown", 7, format!("{payment}-1-authorise")),
        ("second attempt", 0, format!("{payment}-2-authorise")),
        ("pending", 0, format!("{payment}-1-capture")),
        ("capture unknown", 7, format!("{payment}-1-capture")),
        ("lapsed", 0, format!("{payment}-1-void")),
        ("refunding", 0, "refund_00000000000000000000000001".to_owned()),
        ("refund unknown", 7, "refund_00000000000000000000000001".to_owned()),
    ] {
        assert_eq!(reference(name, seconds), expected, "{name}");
        assert!(expected.len() <= 128);
    }
}

#[test]
fn an_answer_that_comes_too_late_changes_nothing() {
    for (asked, since) in [
        ("initiated", ["pending", "succeeded", "capture unknown", "declined", "second attempt"].as_slice()),
        ("pending", ["succeeded", "declined", "capture declined", "called off"].as_slice()),
        ("called off while pending", ["succeeded", "declined", "called off"].as_slice()),
        ("refunding", ["refunded", "succeeded", "requested"].as_slice()),
    ] {
        let [step] = next_steps(&situation(asked), NOON).try_into().unwrap();
        for since in since {
            for answer in [approved(), said_no(), Answer::Unknown] {
                assert_eq!(
                    crate::react(&situation(since), &step, answer, NOON),
                    Reaction::Wait,
                    "{asked}, {since}"
                );
            }
        }
    }
}
