//! From a body to the answers.

use serde_json::{Value, json};

use super::element;
use crate::Outcome;
use crate::answer::answer;
use crate::batch::{Batch, MOST_EVENTS, Unreadable};

/// The status and the results, when every event that can be applied comes to `outcome`.
fn answered(batch: &Value, outcome: &Outcome) -> (u16, Value) {
    let batch = Batch::read(&serde_json::to_vec(batch).unwrap()).unwrap();
    let outcomes = vec![outcome.clone(); batch.events.len()];
    let (status, body) = answer(&batch.answers(outcomes)).unwrap();
    (status, serde_json::from_slice::<Value>(&body).unwrap()["results"].take())
}

#[test]
fn a_batch_is_answered_event_by_event_in_its_order() {
    let batch = json!([element("b", 1), element("a", 1)]);
    assert_eq!(
        answered(&batch, &Outcome::Applied),
        (200, json!([{"id": "b1", "outcome": "applied"}, {"id": "a1", "outcome": "applied"}]))
    );
    assert_eq!(answered(&json!([]), &Outcome::Applied), (200, json!([])));
}

#[test]
fn anything_but_applied_is_a_503_that_says_why() {
    let why = || "because".to_owned();
    for (outcome, expected) in [
        (Outcome::Failed(why()), json!({"id": "a1", "outcome": "failed", "error": "because"})),
        (Outcome::Rejected(why()), json!({"id": "a1", "outcome": "rejected", "error": "because"})),
        (Outcome::Unavailable(why()), json!({"id": "a1", "outcome": "unavailable", "error": "because"})),
        (Outcome::Held, json!({"id": "a1", "outcome": "held"})),
    ] {
        assert_eq!(answered(&json!([element("a", 1)]), &outcome), (503, json!([expected])));
    }
}

#[test]
fn what_is_no_event_is_rejected_alone_and_holds_its_key() {
    let mut broken = element("a", 2);
    broken["sequence"] = json!("second");
    let batch = json!([element("a", 1), broken, element("a", 3), element("b", 1), 7]);
    let (status, results) = answered(&batch, &Outcome::Applied);
    assert_eq!(status, 503);
    let outcomes: Vec<_> = results.as_array().unwrap().iter().map(|result| &result["outcome"]).collect();
    assert_eq!(outcomes, ["applied", "rejected", "held", "applied", "rejected"]);
    assert_eq!((&results[1]["id"], &results[4]["id"]), (&json!("a2"), &Value::Null));
    assert!(results[1]["error"].as_str().unwrap().starts_with("This is not a CloudEvent: "));
}

#[test]
fn a_payload_without_end_is_rejected_alone() {
    let deep = "[".repeat(1_000) + &"]".repeat(1_000);
    let body = format!("[{},{}]", element("a", 1).to_string().replace("{}", &deep), element("b", 1));
    let batch = Batch::read(body.as_bytes()).unwrap();
    assert_eq!(batch.events.len(), 1);
}

#[test]
fn an_event_without_an_answer_has_failed() {
    let batch = Batch::read(json!([element("a", 1), element("b", 1)]).to_string().as_bytes()).unwrap();
    let answers = batch.answers(vec![Outcome::Applied]);
    assert_eq!(answers[1].outcome, Outcome::Failed("The consumer gave no answer".to_owned()));
}

#[test]
fn what_is_no_batch_is_refused_with_its_reason() {
    for (body, reason) in [
        ("", "The body is not a JSON array: EOF"),
        ("{}", "The body is not a JSON array: invalid type: map"),
        ("[1", "The body is not a JSON array: EOF"),
    ] {
        let Err(Unreadable::Malformed(words)) = Batch::read(body.as_bytes()) else { panic!("{body}") };
        assert!(words.starts_with(reason), "{words}");
    }
    assert!(matches!(Batch::read_one(b"\xff"), Err(Unreadable::Malformed(_))));
    let many = format!("[{}0]", "0,".repeat(MOST_EVENTS));
    assert_eq!(Batch::read(many.as_bytes()).unwrap_err(), Unreadable::TooMany);
}

#[test]
fn a_single_event_is_a_batch_of_one() {
    let batch = Batch::read_one(element("a", 1).to_string().as_bytes()).unwrap();
    assert_eq!(batch.events.len(), 1);
}
