//! Every command in every situation.

use tradepost_events::payment::Risk;
use tradepost_money::Money;

use super::{NOON, after, euros, later, names, order_id, refund_id, requested, situation, situations};
use crate::{Command, Payment, PaymentEvent, Refusal, Request, decide, refund_of_end};

fn request() -> Command {
    let requested = requested();
    Command::Request(Request {
        order_id: requested.order_id,
        amount: requested.amount,
        payment_method: requested.payment_method,
        email: requested.email,
        guest: requested.guest,
        shipping_country: requested.shipping_country,
        pieces: requested.pieces,
    })
}

fn charge(reserved_for_seconds: u64) -> Command {
    Command::Charge { reserved_until: later(reserved_for_seconds), risk: Risk::default() }
}

fn call_off(value: Option<i64>) -> Command {
    Command::CallOff { reason: "order_cancelled".to_owned(), value: value.map(euros) }
}

fn refund(number: u128, amount: Option<i64>) -> Command {
    let amount = amount.map(euros);
    Command::Refund { refund_id: refund_id(number), amount, reason: "requested".to_owned() }
}

fn give_back(number: u128, value: i64) -> Command {
    let (refund_id, value) = (refund_id(number), euros(value));
    Command::GiveBack { refund_id, value, reason: "order_returned".to_owned() }
}

fn outcome(payment: &Payment, command: Command) -> String {
    match decide(payment, command, NOON) {
        Ok(events) if events.is_empty() => "-".to_owned(),
        Ok(events) => names(&events),
        Err(refusal) => format!("{refusal:?}").split([' ', '{']).next().unwrap().to_owned(),
    }
}

#[test]
fn every_command_in_every_situation() {
    // Request, Charge, Lapse, CallOff, Refund of 700, GiveBack of 700.
    let none =
        ["payment-requested", "NotRequested", "NotRequested", "NotRequested", "NotRequested", "NotRequested"];
    let begun = ["AlreadyRequested", "-", "-", "payment-cancelled", "NotCaptured", "-"];
    let ended = ["AlreadyRequested", "-", "-", "-", "NotCaptured", "-"];
    let taken = ["AlreadyRequested", "-", "-", "refund-requested", "refund-requested", "refund-requested"];
    let given = ["AlreadyRequested", "-", "-", "refund-requested", "NotRefundable", "refund-requested"];
    let mut requested = begun;
    requested[1] = "payment-attempt-started";
    for (name, payment) in situations() {
        let expected = match name {
            "none" => none,
            "requested" => requested,
            "initiated" | "promise unknown" | "second attempt" | "pending" | "capture unknown" => begun,
            "succeeded" => taken,
            "refunding" | "refund unknown" | "refunded" => given,
            _ => ended,
        };
        let commands =
            [request(), charge(900), Command::Lapse, call_off(None), refund(7, Some(700)), give_back(7, 700)];
        for (command, expected) in commands.into_iter().zip(expected) {
            assert_eq!(outcome(&payment, command.clone()), expected, "{name}: {command:?}");
        }
    }
}

#[test]
fn an_attempt_begins_while_stock_is_promised_for_a_minute_or_more() {
    for (seconds, expected) in
        [(60, "payment-attempt-started"), (59, "payment-declined"), (0, "payment-declined")]
    {
        assert_eq!(outcome(&after(&[]), charge(seconds)), expected, "{seconds}");
    }
    let events = decide(&after(&[]), charge(59), NOON).unwrap();
    assert!(
        matches!(&events[..], [PaymentEvent::Declined(declined)] if declined.decline_code == "reservation_expired")
    );
}

#[test]
fn what_is_promised_and_not_taken_in_time_is_given_up() {
    let pending = situation("pending");
    for (seconds, expected) in [(0, 0), (885, 0), (886, 1), (2000, 1)] {
        assert_eq!(decide(&pending, Command::Lapse, later(seconds)).unwrap().len(), expected, "{seconds}");
    }
    for (name, payment) in situations().into_iter().filter(|(name, _)| !["none", "pending"].contains(name)) {
        assert_eq!(decide(&payment, Command::Lapse, later(2000)), Ok(Vec::new()), "{name}");
    }
}

#[test]
fn who_has_no_way_to_pay_is_declined_and_what_is_free_is_paid() {
    let without = |amount: i64| {
        let mut requested = requested();
        (requested.payment_method, requested.amount) = (None, euros(amount));
        Payment::fold([(&requested.into(), NOON)])
    };
    assert_eq!(outcome(&without(1), charge(900)), "payment-declined");
    let free = "payment-attempt-started payment-authorised payment-captured";
    assert_eq!(outcome(&without(0), charge(900)), free);
    assert_eq!(
        outcome(&without(0), charge(5)),
        "payment-declined",
        "stock that is not there is not sold for nothing"
    );
}

#[test]
fn no_more_is_given_back_than_was_taken() {
    let (taken, given) = (situation("succeeded"), situation("refunding"));
    for (payment, amount, expected) in [
        (&taken, Some(1000), "refund-requested"),
        (&taken, None, "refund-requested"),
        (&taken, Some(1001), "NotRefundable"),
        (&taken, Some(0), "NotRefundable"),
        (&taken, Some(-1), "NotRefundable"),
        (&given, Some(600), "refund-requested"),
        (&given, Some(601), "NotRefundable"),
    ] {
        assert_eq!(outcome(payment, refund(9, amount)), expected, "{amount:?}");
    }
    let amount_of = |payment: &Payment, command| match &decide(payment, command, NOON).unwrap()[..] {
        [PaymentEvent::RefundRequested(requested)] => requested.amount.amount(),
        other => panic!("{other:?}"),
    };
    assert_eq!(amount_of(&given, refund(9, None)), 600);
    assert_eq!(amount_of(&given, give_back(9, 5000)), 600);
    assert_eq!(amount_of(&given, call_off(Some(5000))), 600);
    assert_eq!(amount_of(&given, call_off(Some(100))), 100);
    assert_eq!(amount_of(&taken, call_off(None)), 1000);
    let dollars = Money::new(1, "USD".parse().unwrap());
    let command = Command::Refund { refund_id: refund_id(9), amount: Some(dollars), reason: String::new() };
    assert_eq!(decide(&taken, command, NOON), Err(Refusal::OtherCurrency { refundable: euros(1000) }));
}

#[test]
fn a_refund_that_is_there_is_not_asked_for_again() {
    let given = situation("refunding");
    for command in [refund(1, Some(400)), refund(1, Some(5000)), give_back(1, 400)] {
        assert_eq!(decide(&given, command, NOON), Ok(Vec::new()));
    }
    let events = decide(&situation("succeeded"), call_off(Some(100)), NOON).unwrap();
    let after_end = super::evolved(&situation("succeeded"), &events, NOON);
    assert!(after_end.refund(refund_of_end(after_end.id().unwrap())).is_some());
    assert_eq!(decide(&after_end, call_off(Some(100)), NOON), Ok(Vec::new()));
}

#[test]
fn nobody_pays_less_than_nothing() {
    let mut requested = requested();
    requested.amount = euros(-1);
    let Command::Request(mut request) = request() else { panic!("no request") };
    request.amount = requested.amount;
    assert_eq!(decide(&Payment::default(), Command::Request(request), NOON), Err(Refusal::NegativeAmount));
    assert_eq!(order_id().as_uuid(), after(&[]).id().unwrap().as_uuid(), "a payment has its order's UUID");
}
