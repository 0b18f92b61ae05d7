//! Whether a command may happen, and what happens then.

use std::time::Duration;

use tradepost_events::payment::Risk;
use tradepost_ids::{OrderId, PaymentId, RefundId};
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;

use crate::payment::Life;
use crate::{
    Attempt, AttemptStarted, AttemptState, Authorised, Cancelled, Captured, Declined, Payment, PaymentEvent,
    PaymentMethod, RefundRequested, Requested,
};

/// How many attempts there are before the payment is declined.
pub const MOST_ATTEMPTS: u32 = 3;

/// How long the stock must still be promised for when an attempt begins.
pub const LEAST_LEFT_TO_START: Duration = Duration::from_mins(1);

/// How long it must still be promised for when money is asked for: what is captured has to be told to the inventory before
/// the promise runs out.
pub const LEAST_LEFT_TO_CAPTURE: Duration = Duration::from_secs(15);

/// What somebody wants to happen to a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// To pay for an order.
    Request(Request),
    /// To take the money, now that stock is promised. Nothing more happens when that was begun or has ended before.
    Charge {
        /// Until when the stock is promised.
        reserved_until: Timestamp,
        /// How risky it looks.
        risk: Risk,
    },
    /// To give up when the stock is not promised for long enough any more. Nothing happens otherwise.
    Lapse,
    /// To take no money for an order that has ended, or to give back what was taken. Nothing happens the second time.
    CallOff {
        /// How it ended: `order_cancelled`, `order_expired` or `order_rejected`.
        reason: String,
        /// How much of what was taken is to be given back; all of it, unless it is less.
        value: Option<Money>,
    },
    /// To give money back. Nothing happens when there is a refund with that id already.
    Refund {
        /// The refund.
        refund_id: RefundId,
        /// How much; all that is left, if it is not said.
        amount: Option<Money>,
        /// Why.
        reason: String,
    },
    /// To give as much back as there is, up to an amount. Nothing happens when there is a refund with that id already,
    /// or nothing left.
    GiveBack {
        /// The refund.
        refund_id: RefundId,
        /// How much at most.
        value: Money,
        /// Why.
        reason: String,
    },
}

/// What is to be paid, for what, by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The order.
    pub order_id: OrderId,
    /// What it costs.
    pub amount: Money,
    /// What to charge.
    pub payment_method: Option<PaymentMethod>,
    /// Where the customer is written to.
    pub email: Option<String>,
    /// Whether the order is a guest's.
    pub guest: bool,
    /// Where the goods go: ISO 3166-1 alpha-2.
    pub shipping_country: Option<String>,
    /// Pieces of all lines together.
    pub pieces: u64,
}

/// What stands against a command. Each case leaves somebody something else to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such payment.
    #[error("there is no such payment")]
    NotRequested,
    /// It was requested before.
    #[error("the payment was requested before")]
    AlreadyRequested,
    /// The amount is negative.
    #[error("a payment is not negative")]
    NegativeAmount,
    /// Nothing was taken that could be given back.
    #[error("nothing was taken")]
    NotCaptured {
        /// Where the payment stands.
        status: AttemptState,
    },
    /// It is another currency than the payment's.
    #[error("the payment has another currency")]
    OtherCurrency {
        /// The payment's, and how much is left.
        refundable: Money,
    },
    /// More was asked for than is left, or nothing, or less.
    #[error("that much cannot be given back")]
    NotRefundable {
        /// How much is left.
        refundable: Money,
    },
}

/// Decides what `command` does to `payment` at the moment `now`: events, or a refusal. No events mean that what was asked
/// for is so already.
pub fn decide(payment: &Payment, command: Command, now: Timestamp) -> Result<Vec<PaymentEvent>, Refusal> {
    if let Command::Request(request) = command {
        return match payment.life() {
            None => request_of(request).map(|requested| vec![requested.into()]),
            Some(_) => Err(Refusal::AlreadyRequested),
        };
    }
    let life = payment.life().ok_or(Refusal::NotRequested)?;
    match command {
        Command::Request(_) => Err(Refusal::AlreadyRequested),
        Command::Charge { reserved_until, risk } => Ok(charge(payment, life, reserved_until, risk, now)),
        Command::Lapse => Ok(lapse(life, now)),
        Command::CallOff { reason, value } => Ok(call_off(payment, life, reason, value)),
        Command::Refund { refund_id, amount, reason } => refund(payment, life, refund_id, amount, reason),
        Command::GiveBack { refund_id, value, reason } => {
            let left = life.money(payment.refundable());
            Ok(give_back(payment, refund_id, left, Some(value), &reason).into_iter().collect())
        }
    }
}

/// The refund by which what was taken for an order that had ended is given back. There is one at most, and it has the
/// payment's UUID, so that whoever comes second finds it.
pub fn refund_of_end(payment: PaymentId) -> RefundId {
    RefundId::from_uuid(*payment.as_uuid())
}

/// Until when money may be asked for by an attempt.
pub(crate) fn live_until(attempt: &Attempt) -> Timestamp {
    let margin = i64::try_from(LEAST_LEFT_TO_CAPTURE.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(attempt.reserved_until.as_micros().saturating_sub(margin))
}

/// Whether money may be asked for by an attempt.
pub(crate) fn is_live(attempt: &Attempt, now: Timestamp) -> bool {
    now <= live_until(attempt)
}

/// Another attempt after `failed` ones, or why there is none.
pub(crate) fn begin(failed: u32, reserved_until: Timestamp, risk: Risk, now: Timestamp) -> PaymentEvent {
    let code = if failed >= MOST_ATTEMPTS {
        "processing_error"
    } else if now.saturating_add(LEAST_LEFT_TO_START) > reserved_until {
        "reservation_expired"
    } else {
        return AttemptStarted { attempt: failed + 1, reserved_until, risk }.into();
    };
    declined(None, code)
}

pub(crate) fn declined(attempt: Option<u32>, code: &str) -> PaymentEvent {
    Declined { attempt, decline_code: code.to_owned() }.into()
}

/// A refund of what is left, but of no more than `value`; none when that is nothing, or the refund is there already.
pub(crate) fn give_back(
    payment: &Payment,
    refund_id: RefundId,
    left: Money,
    value: Option<Money>,
    reason: &str,
) -> Option<PaymentEvent> {
    let value = value.unwrap_or(left);
    let amount = Money::new(value.amount().min(left.amount()), left.currency());
    let wanted =
        payment.refund(refund_id).is_none() && value.currency() == left.currency() && amount.amount() > 0;
    wanted.then(|| RefundRequested { refund_id, amount, reason: reason.to_owned() }.into())
}

fn request_of(request: Request) -> Result<Requested, Refusal> {
    if request.amount.amount() < 0 {
        return Err(Refusal::NegativeAmount);
    }
    Ok(Requested {
        order_id: request.order_id,
        amount: request.amount,
        payment_method: request.payment_method,
        email: request.email,
        guest: request.guest,
        shipping_country: request.shipping_country,
        pieces: request.pieces,
    })
}

fn charge(
    payment: &Payment,
    life: &Life,
    reserved_until: Timestamp,
    risk: Risk,
    now: Timestamp,
) -> Vec<PaymentEvent> {
    if !payment.awaits_its_first_attempt() {
        return Vec::new();
    }
    let amount = life.requested.amount;
    if amount.amount() > 0 && life.requested.payment_method.is_none() {
        return vec![declined(None, "payment_method_missing")];
    }
    let mut events = vec![begin(0, reserved_until, risk, now)];
    if amount.amount() == 0 && matches!(events.as_slice(), [PaymentEvent::AttemptStarted(_)]) {
        // No provider promises nothing, and what is free needs no promise.
        let authorisation = "nothing_to_pay".to_owned();
        events.push(Authorised { attempt: 1, amount, authorisation }.into());
        events.push(Captured { attempt: 1, amount }.into());
    }
    events
}

fn lapse(life: &Life, now: Timestamp) -> Vec<PaymentEvent> {
    match life.attempts.last() {
        Some(attempt)
            if attempt.state == AttemptState::Pending && life.ending.is_none() && !is_live(attempt, now) =>
        {
            vec![declined(None, "reservation_expired")]
        }
        _ => Vec::new(),
    }
}

fn call_off(payment: &Payment, life: &Life, reason: String, value: Option<Money>) -> Vec<PaymentEvent> {
    if life.ending.is_some() {
        Vec::new()
    } else if payment.status() == AttemptState::Succeeded {
        let (id, left) = (refund_of_end(life.id()), life.money(payment.refundable()));
        give_back(payment, id, left, value, &reason).into_iter().collect()
    } else {
        vec![Cancelled { reason }.into()]
    }
}

fn refund(
    payment: &Payment,
    life: &Life,
    refund_id: RefundId,
    amount: Option<Money>,
    reason: String,
) -> Result<Vec<PaymentEvent>, Refusal> {
    if payment.refund(refund_id).is_some() {
        return Ok(Vec::new());
    }
    if payment.status() != AttemptState::Succeeded {
        return Err(Refusal::NotCaptured { status: payment.status() });
    }
    let refundable = life.money(payment.refundable());
    let amount = amount.unwrap_or(refundable);
    if amount.currency() != refundable.currency() {
        return Err(Refusal::OtherCurrency { refundable });
    }
    if !(1..=refundable.amount()).contains(&amount.amount()) {
        return Err(Refusal::NotRefundable { refundable });
    }
    Ok(vec![RefundRequested { refund_id, amount, reason }.into()])
}
