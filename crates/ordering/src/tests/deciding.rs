//! Every command in every state.

use super::{
    NOON, after, cancel, confirm, fulfil, hold, in_state, money, refund_id, release, risk, status_of,
    take_back,
};
use crate::{Action, Command, Deadlines, PaymentNews, ReasonCode, Refusal, STEPS, Status, decide};
use std::time::Duration;

/// Deadlines that are over at once.
const OVER: Deadlines =
    Deadlines { pending: Duration::ZERO, on_hold: Duration::ZERO, placed: Duration::ZERO };

/// Each command as it is when there is something to do, and the action whose table rules it.
fn commands() -> Vec<(Option<Action>, Command<'static>)> {
    vec![
        (Some(Action::Confirm), confirm()),
        (Some(Action::Reject), Command::Reject { short: vec![] }),
        (Some(Action::Decline), Command::Decline { decline_code: "card_declined".to_owned() }),
        (Some(Action::Expire), Command::LoseReservation),
        (None, Command::TimeOut { deadlines: OVER }),
        (Some(Action::Cancel), cancel()),
        (Some(Action::Hold), hold()),
        (Some(Action::Release), release()),
        (Some(Action::Fulfil), fulfil(&[("tea", 2), ("pot", 1)])),
        (Some(Action::Return), take_back(&[("tea", 1)])),
    ]
}

/// What becomes of an order of which nothing was sent, or everything when it is complete: the state after, `-` where
/// nothing happens, `x` where the command is refused.
#[test]
fn every_command_in_every_state() {
    let rows = "
        command  pending   placed    on_hold   completed cancelled rejected expired
        confirm  placed    -         -         -         -         -        -
        reject   rejected  -         -         -         -         -        -
        decline  cancelled -         -         -         -         -        -
        expire   expired   cancelled cancelled -         -         -        -
        time_out expired   cancelled cancelled -         -         -        -
        cancel   cancelled cancelled cancelled x         x         x        x
        hold     x         on_hold   x         x         x         x        x
        release  x         x         placed    x         x         x        x
        fulfil   x         completed x         x         x         x        x
        return   x         -         x         completed x         x        x";
    let mut rows = rows.trim().lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
    let states = rows.next().unwrap();
    assert!(states[1..].iter().copied().eq(Status::ALL.iter().map(|status| status.as_str())));
    let mut seen = 0;
    for (row, (action, command)) in rows.zip(commands()) {
        assert_eq!(row[0], action.map_or("time_out", Action::as_str));
        for (status, expected) in Status::ALL.iter().zip(&row[1..]) {
            let mut draft = in_state(*status);
            let version = draft.order().version();
            let found = match draft.command(command.clone(), None, NOON) {
                Ok(true) => status_of(&draft).as_str(),
                // Nothing was sent of an order that is merely placed, so there is nothing to take back.
                Ok(false) | Err(Refusal::Pieces(_)) => "-",
                Err(refusal) => {
                    let action = action.unwrap();
                    assert_eq!(refusal, Refusal::IllegalTransition { action, status: *status });
                    assert!(action.is_asked_for(), "{action:?} comes too late and is not refused");
                    "x"
                }
            };
            assert_eq!(found, *expected, "{} in {status:?}", row[0]);
            if found == "-" || found == "x" {
                assert_eq!(draft.order().version(), version);
            }
            if let Some(action) = action {
                let step = STEPS.iter().find(|step| step.action == action && step.from == *status);
                match step {
                    Some(step) => assert!(found == "-" || step.to.contains(&status_of(&draft)), "{step:?}"),
                    None => assert!(found == "-" || found == "x", "{action:?} in {status:?} is in no table"),
                }
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 70);
}

#[test]
fn what_came_before_its_order_is_refused() {
    for (_, command) in commands() {
        assert_eq!(decide(&crate::Order::default(), command, NOON), Err(Refusal::NoOrder));
    }
}

#[test]
fn a_risky_payment_places_the_order_and_holds_it_at_once() {
    let order = after([Command::Confirm { captured: money(8998, "USD"), risk: risk(true) }]);
    let view = order.view().unwrap();
    assert_eq!((view.status.as_str(), view.version), ("on_hold", 3));
    let reason = view.reason.unwrap();
    assert_eq!(
        (reason.code.as_str(), reason.detail.as_deref()),
        ("risk_review", Some("The amount is unusual"))
    );
    assert_eq!(view.payment.status, "succeeded");
}

#[test]
fn a_held_order_says_why_until_it_is_released() {
    let held = after([confirm(), hold()]).view().unwrap();
    assert_eq!(held.reason.unwrap().detail.as_deref(), Some("Looks odd"));
    assert_eq!(after([confirm(), hold(), release()]).view().unwrap().reason, None);
}

#[test]
fn a_declined_payment_cancels_the_order_and_says_the_providers_code() {
    let order = after([Command::Decline { decline_code: "insufficient_funds".to_owned() }]).view().unwrap();
    assert_eq!(
        (order.status.as_str(), order.reason.unwrap().code.as_str()),
        ("cancelled", "payment_declined")
    );
    assert_eq!(order.payment.status, "failed");
    assert_eq!(order.payment.decline_code.as_deref(), Some("insufficient_funds"));
}

#[test]
fn each_deadline_has_its_reason_and_none_strikes_early() {
    let rows = [
        (Status::Pending, "expired", "payment_timeout"),
        (Status::OnHold, "cancelled", "review_timeout"),
        (Status::Placed, "cancelled", "fulfilment_timeout"),
    ];
    let hour = Duration::from_hours(1);
    for (status, expected, reason) in rows {
        let never = Duration::from_secs(u32::MAX.into());
        let mut deadlines = Deadlines { pending: never, on_hold: never, placed: never };
        match status {
            Status::Pending => deadlines.pending = hour,
            Status::OnHold => deadlines.on_hold = hour,
            _ => deadlines.placed = hour,
        }
        let mut draft = in_state(status);
        let due = NOON.saturating_add(hour);
        let early = tradepost_timestamp::Timestamp::from_micros(due.as_micros() - 1);
        assert!(!draft.command(Command::TimeOut { deadlines }, None, early).unwrap(), "{status:?}");
        assert!(draft.command(Command::TimeOut { deadlines }, None, due).unwrap(), "{status:?}");
        let view = draft.view().unwrap();
        assert_eq!((view.status.as_str(), view.reason.unwrap().code.as_str()), (expected, reason));
    }
}

#[test]
fn the_patience_with_a_released_order_begins_anew() {
    let mut draft = in_state(Status::OnHold);
    let later = NOON.saturating_add(Duration::from_hours(5));
    assert!(draft.command(release(), None, later).unwrap());
    assert_eq!(draft.order().status_since(), Some(later));
    // What moves no state does not reset it.
    assert!(
        draft.command(fulfil(&[("tea", 1)]), None, later.saturating_add(Duration::from_hours(5))).unwrap()
    );
    assert_eq!(draft.order().status_since(), Some(later));
}

#[test]
fn news_of_the_payment_are_noted_once_and_move_no_state() {
    let unknown = || Command::HearOfPayment(PaymentNews::Unknown);
    let mut draft = after([unknown()]);
    assert_eq!(draft.view().unwrap().payment.status, "unknown");
    assert!(!draft.command(unknown(), None, NOON).unwrap());
    // The provider has been asked: it did happen.
    assert!(draft.command(confirm(), None, NOON).unwrap());
    assert!(!draft.command(unknown(), None, NOON).unwrap(), "doubts that come after the certainty");

    let refunded = |amount| {
        Command::HearOfPayment(PaymentNews::Refunded {
            refund_id: refund_id(),
            refunded: money(amount, "USD"),
        })
    };
    assert!(draft.command(refunded(500), None, NOON).unwrap());
    assert!(!draft.command(refunded(500), None, NOON).unwrap());
    assert!(!draft.command(refunded(400), None, NOON).unwrap());
    assert!(draft.command(refunded(501), None, NOON).unwrap());
    let view = draft.view().unwrap();
    assert_eq!((view.payment.refunded, view.status.as_str()), (money(501, "USD"), "placed"));
    assert_eq!(view.payment.status, "succeeded");
}

#[test]
fn an_event_is_answered_once() {
    let declined = || {
        let decline_code = "expired_card".to_owned();
        Command::HearOfPayment(PaymentNews::RefundDeclined { refund_id: refund_id(), decline_code })
    };
    let mut draft = after([confirm()]);
    let cause = Some(super::uuid(77));
    assert!(draft.command(declined(), cause, NOON).unwrap());
    assert!(!draft.command(declined(), cause, NOON).unwrap());
    assert!(draft.command(declined(), Some(super::uuid(78)), NOON).unwrap());
    assert!(draft.order().has_answered(&super::uuid(77)));
}

#[test]
fn an_order_whose_parcels_are_under_way_does_not_mind_an_old_promise() {
    let mut draft = after([confirm(), fulfil(&[("tea", 1)])]);
    assert!(!draft.command(Command::LoseReservation, None, NOON).unwrap());
    assert_eq!(ReasonCode::ALL.len(), 9);
}
