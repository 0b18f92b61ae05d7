//! What leaves the context, and what does not.

use serde_json::{Value, json};

use super::{NOON, after, authorised, cancelled, captured, refund_requested, requested, situation, started};
use crate::{Payment, PaymentEvent, PaymentMethod, digest_of_email, published_json, view};

#[test]
fn clients_see_a_payment_like_this() {
    let payment = after(&[started(1), authorised(), captured(), refund_requested(1, 400)]);
    let expected = json!({
        "id": "payment_01h455vb4pex5vsknk084sn02q", "order_id": "order_01h455vb4pex5vsknk084sn02q",
        "status": "succeeded", "amount": {"amount": 1000, "currency": "EUR"},
        "authorised": {"amount": 0, "currency": "EUR"}, "captured": {"amount": 1000, "currency": "EUR"},
        "refunded": {"amount": 0, "currency": "EUR"}, "decline_code": null,
        "risk": {"score": 0, "reasons": [], "review": false},
        "attempts": [
            {"number": 1, "status": "succeeded", "provider_reference": "auth", "failure_code": null},
        ],
        "refunds": [{
            "id": "refund_00000000000000000000000001", "status": "pending",
            "amount": {"amount": 400, "currency": "EUR"}, "reason": "requested", "decline_code": null,
            "created_at": "2026-11-22T13:33:20.123456Z",
        }],
        "version": 5, "created_at": "2026-11-22T13:33:20.123456Z", "updated_at": "2026-11-22T13:33:20.123456Z",
    });
    assert_eq!(serde_json::to_value(view(&payment)).unwrap(), expected);
    assert_eq!(view(&Payment::default()), None);
}

#[test]
fn what_is_held_is_shown_until_it_is_taken_or_let_go() {
    for (name, authorised, status) in [
        ("requested", 0, "initiated"),
        ("initiated", 0, "initiated"),
        ("pending", 1000, "pending"),
        ("capture unknown", 1000, "unknown"),
        ("succeeded", 0, "succeeded"),
        ("capture declined", 1000, "failed"),
        ("called off", 0, "failed"),
        ("called off while pending", 1000, "pending"),
        ("declined", 0, "failed"),
    ] {
        let view = view(&situation(name)).unwrap();
        assert_eq!((view.authorised.amount(), view.status.as_str()), (authorised, status), "{name}");
    }
}

#[test]
fn nothing_that_could_be_charged_and_no_address_leaves_the_context_or_comes_to_a_log() {
    let first: PaymentEvent = requested().into();
    for event in [first, started(1), cancelled(), captured()] {
        let published = published_json(&event, &situation("succeeded")).unwrap().unwrap();
        let published: Value = serde_json::from_str(&published).unwrap();
        assert_eq!(published["order_id"], "order_01h455vb4pex5vsknk084sn02q");
        assert_eq!(published["payment"]["version"], 4);
        for secret in ["tok_secret", "ada@example.com"] {
            assert!(!published.to_string().contains(secret), "{published}");
        }
        assert!(!format!("{event:?}").contains("tok_secret"), "{event:?}");
    }
    assert!(!format!("{:?}", situation("initiated")).contains("tok_secret"));
    let steps = crate::next_steps(&situation("initiated"), NOON);
    assert!(!format!("{steps:?}").contains("tok_secret"));
}

#[test]
fn every_event_has_a_published_form() {
    for event in super::recording::every_event() {
        let published = published_json(&event, &situation("refunded")).unwrap().unwrap();
        let published: Value = serde_json::from_str(&published).unwrap();
        assert_eq!(published["payment"]["id"], "payment_01h455vb4pex5vsknk084sn02q", "{event:?}");
        assert!(published_json(&event, &Payment::default()).is_none());
    }
}

#[test]
fn payments_of_one_customer_have_one_digest() {
    for spelling in ["ada@example.com", " ADA@Example.com ", "Ada@EXAMPLE.COM"] {
        assert_eq!(digest_of_email(spelling), digest_of_email("ada@example.com"));
    }
    assert_ne!(digest_of_email("bob@example.com"), digest_of_email("ada@example.com"));
    let method = PaymentMethod::new("tok_ok".to_owned());
    assert_eq!(method.digest().len(), 32);
    assert_ne!(method.digest(), PaymentMethod::new("tok_OK".to_owned()).digest());
}
