//! Events as they are written down, and what is read back.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;
use tradepost_events::payment::{Risk, RiskReason, TYPES};

use super::{
    NOON, authorised, cancelled, captured, declined, refund_id, refund_requested, requested, unknown,
};
use crate::{
    AttemptFailed, AttemptStarted, EventError, Operation, Payment, PaymentEvent, RefundDeclined,
    RefundUnknown, Refunded, Voided,
};

/// One of each.
pub(crate) fn every_event() -> Vec<PaymentEvent> {
    let reason = RiskReason { rule: "guest".to_owned(), points: 10, detail: "A guest".to_owned() };
    let risk = Risk { score: 10, reasons: vec![reason], review: false };
    let refund_id = refund_id(1);
    vec![
        requested().into(),
        AttemptStarted { attempt: 1, reserved_until: super::later(900), risk }.into(),
        authorised(),
        captured(),
        unknown(Operation::Capture),
        AttemptFailed { attempt: 1, failure_code: "no_answer".to_owned() }.into(),
        declined(Some(1)),
        Voided { attempt: 1 }.into(),
        cancelled(),
        refund_requested(1, 400),
        RefundUnknown { refund_id }.into(),
        RefundDeclined { refund_id, decline_code: "refund_failed".to_owned() }.into(),
        Refunded { refund_id, amount: super::euros(400) }.into(),
    ]
}

#[test]
fn every_type_is_published_and_written_here() {
    let types: BTreeSet<&str> = every_event().iter().map(PaymentEvent::event_type).collect();
    assert_eq!(types, TYPES.iter().copied().collect());
}

/// A file in `shapes` is never edited: what was once written must be readable for ever, and another shape is another type.
#[test]
fn every_event_is_written_in_the_shape_that_is_pinned_and_read_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("shapes");
    let mut pinned: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for event in every_event() {
        let (name, json) = (format!("{}.json", event.event_type()), event.to_data_json().unwrap());
        let shape =
            fs::read_to_string(folder.join(&name)).unwrap_or_else(|_| panic!("{name} should say {json}"));
        let (shape, written): (Value, Value) =
            (serde_json::from_str(&shape).unwrap(), serde_json::from_str(&json).unwrap());
        assert_eq!(shape, written, "{name}");
        assert_eq!(PaymentEvent::from_recorded(event.event_type(), &json).unwrap(), event);
        pinned.remove(&name);
    }
    assert!(pinned.is_empty(), "shapes of nothing: {pinned:?}");
}

#[test]
fn what_cannot_be_read_is_an_error_that_says_nothing_of_what_it_is() {
    let unknown = PaymentEvent::from_recorded("tradepost.payment.payment-requested.v9", "{}").unwrap_err();
    assert!(matches!(unknown, EventError::UnknownType(name) if name.contains("v9")));
    let secret = r#"{"order_id": "tok_secret", "amount": "tok_secret"}"#;
    let malformed = PaymentEvent::from_recorded(TYPES[0], secret).unwrap_err();
    assert!(matches!(malformed, EventError::Malformed { line: 1, .. }));
    assert!(!format!("{malformed} {malformed:?}").contains("tok_secret"), "{malformed:?}");
}

#[test]
fn what_a_newer_version_added_is_passed_over() {
    let mut json: Value = serde_json::from_str(&every_event()[0].to_data_json().unwrap()).unwrap();
    json["added"] = Value::Bool(true);
    let read = PaymentEvent::from_recorded(TYPES[0], &json.to_string()).unwrap();
    assert_eq!(read, every_event()[0]);
}

proptest! {
    #[test]
    fn any_history_can_be_folded(places in prop::collection::vec(0..13_usize, 0..40)) {
        let all = every_event();
        let history: Vec<PaymentEvent> = places.iter().map(|place| all[*place].clone()).collect();
        let payment = Payment::fold(history.iter().map(|event| (event, NOON)));
        prop_assert_eq!(payment.version(), history.len() as u64);
        let again = Payment::fold(history.iter().map(|event| (event, NOON)));
        prop_assert_eq!(&payment, &again);
        let _ = (crate::view(&payment), crate::next_steps(&payment, NOON), crate::due_at(&payment, NOON));
        prop_assert!(payment.refundable() <= payment.captured());
    }

    #[test]
    fn no_record_makes_it_panic(event_type in any::<String>(), data in any::<String>()) {
        let _ = PaymentEvent::from_recorded(&event_type, &data);
        for event_type in TYPES {
            let _ = PaymentEvent::from_recorded(event_type, &data);
        }
    }
}
