//! The published table of an attempt's life, and the code that is held to it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_json::json;

use super::{NOON, authorised, captured, declined, euros, started, unknown};
use crate::{
    ATTEMPT_TRANSITIONS, AttemptCommand, AttemptFailed, AttemptState, Authorised, Operation, Payment,
    PaymentEvent, Voided, next_steps, react,
};
use crate::{Answer, Reaction, Step};

/// Attempts in a state: `unknown` has two kinds, and `failed` too.
fn in_state(state: AttemptState) -> Vec<Payment> {
    let histories = match state {
        AttemptState::Initiated => vec![vec![started(1)]],
        AttemptState::Pending => vec![vec![started(1), authorised()]],
        AttemptState::Succeeded => vec![vec![started(1), authorised(), captured()]],
        AttemptState::Failed => {
            vec![vec![started(1), declined(Some(1))], vec![started(1), authorised(), declined(Some(1))]]
        }
        AttemptState::Unknown => vec![
            vec![started(1), unknown(Operation::Authorise)],
            vec![started(1), authorised(), unknown(Operation::Capture)],
        ],
    };
    histories.iter().map(|history| super::after(history)).collect()
}

/// Which command an event is of.
fn command_of(event: &PaymentEvent) -> Option<AttemptCommand> {
    match event {
        PaymentEvent::Authorised(_) => Some(AttemptCommand::Authorise),
        PaymentEvent::Captured(_) => Some(AttemptCommand::Capture),
        PaymentEvent::AttemptFailed(_) => Some(AttemptCommand::Fail),
        PaymentEvent::Declined(declined) => declined.attempt.map(|_| AttemptCommand::Fail),
        PaymentEvent::Voided(_) => Some(AttemptCommand::Void),
        PaymentEvent::Unknown(_) => Some(AttemptCommand::LoseSight),
        _ => None,
    }
}

/// Every step that anybody could come to, of this attempt.
fn every_step() -> Vec<Step> {
    let (reference, authorisation, amount) = (String::new(), "auth".to_owned(), euros(1000));
    let (attempt, order_id, method) = (1, super::order_id(), super::requested().payment_method.unwrap());
    let look_up = |operation| Step::LookUp { attempt, operation, reference: reference.clone() };
    vec![
        Step::Authorise { attempt, reference: reference.clone(), amount, method, order_id },
        Step::Capture { attempt, reference: reference.clone(), authorisation: authorisation.clone(), amount },
        Step::Void { attempt, reference: reference.clone(), authorisation, amount },
        look_up(Operation::Authorise),
        look_up(Operation::Capture),
        look_up(Operation::Void),
        Step::LookUpAfterVoid { attempt, reference: reference.clone() },
    ]
}

#[test]
fn whatever_the_provider_says_to_whatever_it_is_asked_an_attempt_goes_a_way_of_the_table() {
    let mut gone = Vec::new();
    for state in AttemptState::ALL {
        for payment in in_state(*state) {
            for ended in [false, true] {
                let payment = if ended {
                    super::evolved(&payment, &[super::cancelled()], NOON)
                } else {
                    payment.clone()
                };
                for step in every_step() {
                    let answers = [
                        super::approved(),
                        super::said_no(),
                        Answer::Pending,
                        Answer::Absent,
                        Answer::Unknown,
                    ];
                    for answer in answers {
                        let Reaction::Record(events) = react(&payment, &step, answer, NOON) else { continue };
                        let Some(command) = events.first().and_then(command_of) else { continue };
                        let to = super::evolved(&payment, &events[..1], NOON).attempts()[0].state;
                        let way = ATTEMPT_TRANSITIONS
                            .iter()
                            .find(|way| (way.from, way.command, way.to) == (*state, command, to));
                        assert!(way.is_some(), "{state:?} goes to {to:?} by {command:?}, which is no way");
                        gone.push((*state, command, to));
                    }
                }
            }
        }
    }
    for way in ATTEMPT_TRANSITIONS {
        assert!(gone.contains(&(way.from, way.command, way.to)), "nobody ever goes {way:?}");
    }
}

#[test]
fn a_pair_of_state_and_command_leads_to_one_state() {
    for state in AttemptState::ALL {
        for command in AttemptCommand::ALL {
            let ways = ATTEMPT_TRANSITIONS.iter().filter(|way| way.from == *state && way.command == *command);
            assert!(ways.count() <= 1, "{state:?} {command:?}");
        }
    }
    let ends = ATTEMPT_TRANSITIONS.iter().filter(|way| way.from == AttemptState::Succeeded);
    assert_eq!(ends.count(), 0, "what was taken is given back by refunds");
}

#[test]
fn a_second_attempt_leaves_the_first_alone() {
    let payment = super::situation("second attempt");
    let authorised =
        Authorised { attempt: 2, amount: euros(1000), authorisation: "auth-2".to_owned() }.into();
    let voided = Voided { attempt: 2 }.into();
    let payment = super::evolved(&payment, &[authorised, voided], NOON);
    let failed = AttemptFailed { attempt: 9, failure_code: String::new() }.into();
    let payment = super::evolved(&payment, &[failed], NOON);
    let states: Vec<_> = payment.attempts().iter().map(|attempt| attempt.state).collect();
    assert_eq!(states, [AttemptState::Failed; 2]);
    assert_eq!(payment.attempts()[0].failure_code.as_deref(), Some("no_answer"));
    assert!(next_steps(&payment, NOON).is_empty());
}

fn name(value: impl Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// In the form of the other machines there.
fn as_json() -> String {
    let steps = |command: &AttemptCommand| {
        let ways = ATTEMPT_TRANSITIONS.iter().filter(|way| way.command == *command);
        ways.map(|way| json!({"from": way.from, "to": [way.to]})).collect::<Vec<_>>()
    };
    let commands =
        AttemptCommand::ALL.iter().map(|command| json!({"command": command, "steps": steps(command)}));
    let table = json!({
        "states": AttemptState::ALL,
        "initial": AttemptState::Initiated,
        "transitions": ATTEMPT_TRANSITIONS,
        "commands": commands.collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&table).unwrap() + "\n"
}

fn as_page() -> String {
    let mut page = "# The attempts of a payment\n\
        Written by a test from the table in `crates/payment`; the same table stands beside this page as JSON.\n\n\
        ```mermaid\nstateDiagram-v2\n    [*] --> initiated\n"
        .to_owned();
    for way in ATTEMPT_TRANSITIONS {
        let _ = writeln!(page, "    {} --> {}: {}", name(way.from), name(way.to), name(way.command));
    }
    page += "    succeeded --> [*]\n    failed --> [*]\n```\n\n\
        What is not drawn does not happen. An attempt is `unknown` when the provider did not answer, and no other begins \
        before the provider has been asked what became of it: a promise (`authorise`) or a capture is in doubt, and \
        nothing else comes of either than what the provider says. `void` on `failed` is for a promise whose capture was \
        declined.\n";
    page
}

#[test]
fn the_table_is_published_as_it_is() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/machines");
    for (name, text) in [("payment-attempts.json", as_json()), ("payment-attempts.md", as_page())] {
        let path = folder.join(name);
        if std::env::var_os("UPDATE_MACHINES").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let published = fs::read_to_string(&path).unwrap_or_default();
        assert!(published == text, "{name} is not what the code says: write it with UPDATE_MACHINES=1");
    }
}
