//! Whether a command may happen, and what happens then.

use tradepost_events::ordering::Reason;
use tradepost_events::payment::Risk;
use tradepost_timestamp::Timestamp;

use crate::order::Life;
use crate::pieces::{fulfil, open_pieces, take_back};
use crate::place::place;
use crate::{
    Action, Command, Deadlines, Order, OrderCancelled, OrderCompleted, OrderConfirmed, OrderEvent,
    OrderExpired, OrderHeld, OrderPaymentChanged, OrderRejected, OrderReleased, PaymentNews, PaymentStatus,
    ReasonCode, Refusal, Status,
};

/// Decides what `command` does to `order` at the moment `now`: events, or a refusal. No events means that there is
/// nothing to do: what the command tells of has come too late for this order.
pub fn decide(order: &Order, command: Command<'_>, now: Timestamp) -> Result<Vec<OrderEvent>, Refusal> {
    let Some(life) = order.life() else {
        return match command {
            Command::Place { request, prices, owner } => Ok(vec![place(request, prices, owner)?.into()]),
            _ => Err(Refusal::NoOrder),
        };
    };
    match command {
        Command::Place { .. } => Err(Refusal::AlreadyPlaced { status: life.status }),
        Command::Confirm { captured, risk } => if_in_time(life, Action::Confirm, || {
            let held = risk.review.then(|| OrderHeld { reason: review_of(&risk) });
            let confirmed = OrderConfirmed { captured, risk };
            Ok(std::iter::once(confirmed.into()).chain(held.map(OrderEvent::from)).collect())
        }),
        Command::Reject { short } => {
            if_in_time(life, Action::Reject, || Ok(vec![OrderRejected { short }.into()]))
        }
        Command::Decline { decline_code } => if_in_time(life, Action::Decline, || {
            cancel(life, ReasonCode::PaymentDeclined.with(None), Some(decline_code))
        }),
        Command::LoseReservation => lose_reservation(life),
        Command::TimeOut { deadlines } => time_out(life, deadlines, now),
        Command::HearOfPayment(news) => Ok(hear_of_payment(life, news)),
        Command::Cancel { reason } => {
            allowed(life, Action::Cancel)?;
            cancel(life, reason, None)
        }
        Command::Hold { reason } => {
            allowed(life, Action::Hold)?;
            Ok(vec![OrderHeld { reason }.into()])
        }
        Command::Release { detail } => {
            allowed(life, Action::Release)?;
            Ok(vec![OrderReleased { detail }.into()])
        }
        Command::Fulfil { id, pieces } => {
            allowed(life, Action::Fulfil)?;
            fulfil(life, id, pieces)
        }
        Command::Return { id, pieces } => {
            allowed(life, Action::Return)?;
            take_back(life, id, pieces)
        }
    }
}

fn allowed(life: &Life, action: Action) -> Result<(), Refusal> {
    if action.is_allowed(life.status) {
        Ok(())
    } else {
        Err(Refusal::IllegalTransition { action, status: life.status })
    }
}

/// What happens if it is not too late for it.
fn if_in_time(
    life: &Life,
    action: Action,
    events: impl FnOnce() -> Result<Vec<OrderEvent>, Refusal>,
) -> Result<Vec<OrderEvent>, Refusal> {
    if action.is_allowed(life.status) { events() } else { Ok(Vec::new()) }
}

fn lose_reservation(life: &Life) -> Result<Vec<OrderEvent>, Refusal> {
    let reason = ReasonCode::ReservationExpired.with(None);
    match life.status {
        Status::Pending => Ok(vec![OrderExpired { reason }.into()]),
        // Where something was sent there were goods, and what became of the promise is history.
        Status::Placed | Status::OnHold if life.lines.iter().all(|line| line.fulfilled == 0) => {
            cancel(life, reason, None)
        }
        _ => Ok(Vec::new()),
    }
}

fn time_out(life: &Life, deadlines: Deadlines, now: Timestamp) -> Result<Vec<OrderEvent>, Refusal> {
    let is_over = |patience| life.status_since.saturating_add(patience) <= now;
    match life.status {
        Status::Pending if is_over(deadlines.pending) => {
            Ok(vec![OrderExpired { reason: ReasonCode::PaymentTimeout.with(None) }.into()])
        }
        Status::OnHold if is_over(deadlines.on_hold) => {
            cancel(life, ReasonCode::ReviewTimeout.with(None), None)
        }
        Status::Placed if is_over(deadlines.placed) => {
            cancel(life, ReasonCode::FulfilmentTimeout.with(None), None)
        }
        _ => Ok(Vec::new()),
    }
}

/// Calls off all that is open. An order of which something was sent is complete with that.
fn cancel(life: &Life, reason: Reason, decline_code: Option<String>) -> Result<Vec<OrderEvent>, Refusal> {
    let (lines, value) = open_pieces(life)?;
    let mut events = vec![OrderCancelled { reason, decline_code, lines, value }.into()];
    if life.lines.iter().any(|line| line.fulfilled > 0) {
        events.push(OrderCompleted {}.into());
    }
    Ok(events)
}

fn hear_of_payment(life: &Life, news: PaymentNews) -> Vec<OrderEvent> {
    let changed = match news {
        // Later news may have come first: an order that has ended or was paid is not thrown into doubt again.
        PaymentNews::Unknown => (life.status == Status::Pending
            && life.payment.status != PaymentStatus::Unknown)
            .then_some(OrderPaymentChanged::Unknown),
        PaymentNews::Refunded { refund_id, refunded } => (refunded.currency()
            == life.payment.refunded.currency()
            && refunded.amount() > life.payment.refunded.amount())
        .then_some(OrderPaymentChanged::Refunded { refund_id, refunded }),
        PaymentNews::RefundDeclined { refund_id, decline_code } => {
            Some(OrderPaymentChanged::RefundDeclined { refund_id, decline_code })
        }
    };
    changed.into_iter().map(OrderEvent::from).collect()
}

fn review_of(risk: &Risk) -> Reason {
    let rules: Vec<&str> = risk.reasons.iter().map(|reason| reason.detail.as_str()).collect();
    ReasonCode::RiskReview.with((!rules.is_empty()).then(|| rules.join("; ")))
}
