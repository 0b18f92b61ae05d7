//! The rules, told from outside: what happens to a payment, what is asked of the provider, what it says.

mod asking;
mod deciding;
mod machine;
mod posting;
mod publishing;
mod recording;
mod simulating;

use std::time::Duration;

use tradepost_events::payment::Risk;
use tradepost_ids::{OrderId, RefundId};
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

use crate::{
    Answer, AttemptFailed, AttemptStarted, Authorised, Cancelled, Captured, Declined, Operation, Payment,
    PaymentEvent, PaymentMethod, Reaction, RefundRequested, RefundUnknown, Refunded, Requested, Step,
    Unknown, evolve, next_steps, react,
};

const NOON: Timestamp = Timestamp::from_micros(1_795_354_400_123_456);

fn later(seconds: u64) -> Timestamp {
    NOON.saturating_add(Duration::from_secs(seconds))
}

fn euros(amount: i64) -> Money {
    Money::new(amount, "EUR".parse().unwrap())
}

fn order_id() -> OrderId {
    OrderId::from_uuid(Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057))
}

fn refund_id(number: u128) -> RefundId {
    RefundId::from_uuid(Uuid::from_u128(number))
}

fn requested() -> Requested {
    Requested {
        order_id: order_id(),
        amount: euros(1000),
        payment_method: Some(PaymentMethod::new("tok_secret".to_owned())),
        email: Some("ada@example.com".to_owned()),
        guest: true,
        shipping_country: Some("GB".to_owned()),
        pieces: 3,
    }
}

/// Stock is promised for a quarter of an hour from noon.
fn started(attempt: u32) -> PaymentEvent {
    AttemptStarted { attempt, reserved_until: later(900), risk: Risk::default() }.into()
}

fn authorised() -> PaymentEvent {
    Authorised { attempt: 1, amount: euros(1000), authorisation: "auth".to_owned() }.into()
}

fn captured() -> PaymentEvent {
    Captured { attempt: 1, amount: euros(1000) }.into()
}

fn unknown(operation: Operation) -> PaymentEvent {
    Unknown { attempt: 1, operation }.into()
}

fn cancelled() -> PaymentEvent {
    Cancelled { reason: "order_cancelled".to_owned() }.into()
}

fn declined(attempt: Option<u32>) -> PaymentEvent {
    Declined { attempt, decline_code: "card_declined".to_owned() }.into()
}

fn refund_requested(number: u128, amount: i64) -> PaymentEvent {
    let reason = "requested".to_owned();
    RefundRequested { refund_id: refund_id(number), amount: euros(amount), reason }.into()
}

/// A payment that all of this happened to at noon.
fn after(events: &[PaymentEvent]) -> Payment {
    let requested: PaymentEvent = requested().into();
    Payment::fold(std::iter::once(&requested).chain(events).map(|event| (event, NOON)))
}

/// A payment in every situation there is, by name.
fn situations() -> Vec<(&'static str, Payment)> {
    use Operation::{Authorise, Capture};
    let refunded: PaymentEvent = Refunded { refund_id: refund_id(1), amount: euros(400) }.into();
    let lost: PaymentEvent = RefundUnknown { refund_id: refund_id(1) }.into();
    let failed: PaymentEvent = AttemptFailed { attempt: 1, failure_code: "no_answer".to_owned() }.into();
    vec![
        ("none", Payment::default()),
        ("requested", after(&[])),
        ("initiated", after(&[started(1)])),
        ("promise unknown", after(&[started(1), unknown(Authorise)])),
        ("second attempt", after(&[started(1), unknown(Authorise), failed, started(2)])),
        ("pending", after(&[started(1), authorised()])),
        ("capture unknown", after(&[started(1), authorised(), unknown(Capture)])),
        ("succeeded", after(&[started(1), authorised(), captured()])),
        ("refunding", after(&[started(1), authorised(), captured(), refund_requested(1, 400)])),
        ("refund unknown", after(&[started(1), authorised(), captured(), refund_requested(1, 400), lost])),
        ("refunded", after(&[started(1), authorised(), captured(), refund_requested(1, 400), refunded])),
        ("declined", after(&[started(1), declined(Some(1))])),
        ("capture declined", after(&[started(1), authorised(), declined(Some(1))])),
        ("lapsed", after(&[started(1), authorised(), declined(None)])),
        ("called off", after(&[cancelled()])),
        ("called off while initiated", after(&[started(1), cancelled()])),
        ("called off while promise unknown", after(&[started(1), unknown(Authorise), cancelled()])),
        ("called off while pending", after(&[started(1), authorised(), cancelled()])),
        (
            "called off while capture unknown",
            after(&[started(1), authorised(), unknown(Capture), cancelled()]),
        ),
    ]
}

fn situation(name: &str) -> Payment {
    situations().into_iter().find(|(known, _)| *known == name).unwrap().1
}

/// Types without what all of them share: `payment-captured refund-requested`.
fn names(events: &[PaymentEvent]) -> String {
    let names = events.iter().map(|event| {
        event.event_type().trim_start_matches("tradepost.payment.").trim_end_matches(".v1").to_owned()
    });
    names.collect::<Vec<_>>().join(" ")
}

/// A step without its amounts and references: `authorise 1`.
fn short(step: &Step) -> String {
    match step {
        Step::Authorise { attempt, .. } => format!("authorise {attempt}"),
        Step::Capture { attempt, .. } => format!("capture {attempt}"),
        Step::Void { attempt, .. } => format!("void {attempt}"),
        Step::Refund { .. } => "refund".to_owned(),
        Step::LookUp { attempt, operation, .. } => format!("look up {operation:?} {attempt}"),
        Step::LookUpAfterVoid { attempt, .. } => format!("look up after void {attempt}"),
        Step::LookUpRefund { .. } => "look up refund".to_owned(),
    }
}

fn approved() -> Answer {
    Answer::Approved("auth".to_owned())
}

fn said_no() -> Answer {
    Answer::Declined { code: "card_declined".to_owned() }
}

/// What follows from an answer to the only step of a situation at `now`.
fn reaction(payment: &Payment, answer: Answer, now: Timestamp) -> Reaction {
    let [step] = next_steps(payment, now).try_into().unwrap();
    react(payment, &step, answer, now)
}

fn evolved(payment: &Payment, events: &[PaymentEvent], at: Timestamp) -> Payment {
    events.iter().fold(payment.clone(), |payment, event| evolve(payment, event, at))
}
