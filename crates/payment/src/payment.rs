//! What a payment is, after everything that happened to it.

use tradepost_events::payment::Risk;
use tradepost_ids::{OrderId, PaymentId, RefundId};
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;

use crate::{Attempt, AttemptState, Operation, PaymentEvent, Refund, RefundState, Requested};

/// The state that a stream of events tells. Before the first event there is a payment of version 0 and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payment {
    version: u64,
    life: Option<Life>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) requested: Requested,
    pub(crate) ending: Option<Ending>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) risk: Option<Risk>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) refunds: Vec<Refund>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// Why no money will be taken any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// It was declined.
    Declined {
        /// In the provider's code, or ours.
        code: String,
    },
    /// The order ended.
    CalledOff {
        /// How.
        reason: String,
    },
}

impl Payment {
    /// The payment that `events`, from the first one on, tell of.
    pub fn fold<'a>(events: impl IntoIterator<Item = (&'a PaymentEvent, Timestamp)>) -> Self {
        events.into_iter().fold(Self::default(), |payment, (event, at)| evolve(payment, event, at))
    }

    /// How many events there were: the version of the stream.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// What was asked for in the beginning; `None` before there is one.
    pub fn requested(&self) -> Option<&Requested> {
        self.life.as_ref().map(|life| &life.requested)
    }

    /// The order's id; `None` before there is a beginning.
    pub fn order_id(&self) -> Option<OrderId> {
        self.requested().map(|requested| requested.order_id)
    }

    /// The payment's id; `None` before there is a beginning.
    pub fn id(&self) -> Option<PaymentId> {
        self.life.as_ref().map(Life::id)
    }

    /// Why no money will be taken any more; `None` while some may be or was.
    pub fn ending(&self) -> Option<&Ending> {
        self.life.as_ref()?.ending.as_ref()
    }

    /// Every attempt, in order.
    pub fn attempts(&self) -> &[Attempt] {
        self.life.as_ref().map_or(&[], |life| &life.attempts)
    }

    /// Every refund, in order.
    pub fn refunds(&self) -> &[Refund] {
        self.life.as_ref().map_or(&[], |life| &life.refunds)
    }

    /// The refund with this id.
    pub fn refund(&self, id: RefundId) -> Option<&Refund> {
        self.refunds().iter().find(|refund| refund.id == id)
    }

    /// Where the payment stands: where its last attempt does. Before there is one, `Initiated`, or `Failed` when there
    /// will be none.
    pub fn status(&self) -> AttemptState {
        match self.attempts().last() {
            Some(attempt) => attempt.state,
            None if self.ending().is_some() => AttemptState::Failed,
            None => AttemptState::Initiated,
        }
    }

    /// Whether nothing has been tried and something may be: whether it is time to score the risk.
    pub fn awaits_its_first_attempt(&self) -> bool {
        self.life.as_ref().is_some_and(|life| life.ending.is_none() && life.attempts.is_empty())
    }

    /// What was taken, in minor units.
    pub fn captured(&self) -> i64 {
        self.amount_if(|attempt| attempt.state == AttemptState::Succeeded)
    }

    /// What the provider holds and has neither given nor let go, in minor units.
    pub fn authorised(&self) -> i64 {
        self.amount_if(|attempt| attempt.held)
    }

    /// What was given back, in minor units.
    pub fn refunded(&self) -> i64 {
        self.refunds_in(&[RefundState::Succeeded])
    }

    /// What was taken and is neither given back nor on its way back, in minor units.
    pub fn refundable(&self) -> i64 {
        self.captured()
            - self.refunds_in(&[RefundState::Succeeded, RefundState::Pending, RefundState::Unknown])
    }

    pub(crate) fn life(&self) -> Option<&Life> {
        self.life.as_ref()
    }

    /// The payment's amount as often as an attempt is `such`, which is once at most: the next attempt begins only when
    /// the last one has failed and nothing is held by it.
    fn amount_if(&self, such: impl Fn(&Attempt) -> bool) -> i64 {
        let Some(life) = &self.life else { return 0 };
        if life.attempts.iter().any(such) { life.requested.amount.amount() } else { 0 }
    }

    fn refunds_in(&self, states: &[RefundState]) -> i64 {
        self.refunds()
            .iter()
            .filter(|refund| states.contains(&refund.state))
            .fold(0, |sum: i64, refund| sum.saturating_add(refund.amount.amount()))
    }
}

impl Life {
    /// A payment has its order's UUID.
    pub(crate) fn id(&self) -> PaymentId {
        PaymentId::from_uuid(*self.requested.order_id.as_uuid())
    }

    /// An amount of the payment's currency.
    pub(crate) fn money(&self, amount: i64) -> Money {
        Money::new(amount, self.requested.amount.currency())
    }
}

/// The payment after `event`, which happened at `at`. It asks no questions: what is recorded has happened.
#[must_use]
pub fn evolve(mut payment: Payment, event: &PaymentEvent, at: Timestamp) -> Payment {
    payment.version += 1;
    match (&mut payment.life, event) {
        (_, PaymentEvent::Requested(requested)) => {
            payment.life = Some(Life {
                requested: requested.clone(),
                ending: None,
                ended_at: None,
                risk: None,
                attempts: Vec::new(),
                refunds: Vec::new(),
                created_at: at,
                updated_at: at,
            });
        }
        (Some(life), event) => {
            life.updated_at = at;
            life.take(event, at);
        }
        (None, _) => {}
    }
    payment
}

impl Life {
    fn take(&mut self, event: &PaymentEvent, at: Timestamp) {
        match event {
            PaymentEvent::Requested(_) => {}
            PaymentEvent::AttemptStarted(started) => {
                self.risk = Some(started.risk.clone());
                self.attempts.push(Attempt {
                    number: started.attempt,
                    state: AttemptState::Initiated,
                    reserved_until: started.reserved_until,
                    since: at,
                    authorisation: None,
                    held: false,
                    doubt: None,
                    failure_code: None,
                });
            }
            PaymentEvent::Authorised(authorised) => self.attempt(authorised.attempt, at, |attempt| {
                attempt.authorisation = Some(authorised.authorisation.clone());
                attempt.held = true;
                AttemptState::Pending
            }),
            PaymentEvent::Captured(captured) => self.attempt(captured.attempt, at, |attempt| {
                attempt.held = false;
                AttemptState::Succeeded
            }),
            PaymentEvent::Unknown(unknown) => {
                self.attempt(unknown.attempt, at, |_| AttemptState::Unknown);
                self.doubt(unknown.attempt, unknown.operation);
            }
            PaymentEvent::AttemptFailed(failed) => self.fail(failed.attempt, &failed.failure_code, at),
            PaymentEvent::Declined(declined) => {
                if let Some(attempt) = declined.attempt {
                    self.fail(attempt, &declined.decline_code, at);
                }
                self.end(Ending::Declined { code: declined.decline_code.clone() }, at);
            }
            PaymentEvent::Voided(voided) => self.attempt(voided.attempt, at, |attempt| {
                attempt.held = false;
                AttemptState::Failed
            }),
            PaymentEvent::Cancelled(cancelled) => {
                self.end(Ending::CalledOff { reason: cancelled.reason.clone() }, at);
            }
            PaymentEvent::RefundRequested(requested) => self.refunds.push(Refund {
                id: requested.refund_id,
                state: RefundState::Pending,
                amount: requested.amount,
                reason: requested.reason.clone(),
                decline_code: None,
                created_at: at,
                since: at,
            }),
            PaymentEvent::RefundUnknown(unknown) => self.refund(unknown.refund_id, at, RefundState::Unknown),
            PaymentEvent::RefundDeclined(declined) => {
                self.refund(declined.refund_id, at, RefundState::Failed);
                if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.id == declined.refund_id) {
                    refund.decline_code = Some(declined.decline_code.clone());
                }
            }
            PaymentEvent::Refunded(refunded) => self.refund(refunded.refund_id, at, RefundState::Succeeded),
        }
    }

    fn end(&mut self, ending: Ending, at: Timestamp) {
        (self.ending, self.ended_at) = (Some(ending), Some(at));
    }

    fn attempt(&mut self, number: u32, at: Timestamp, change: impl FnOnce(&mut Attempt) -> AttemptState) {
        if let Some(attempt) = self.attempts.iter_mut().find(|attempt| attempt.number == number) {
            attempt.state = change(attempt);
            attempt.doubt = None;
            attempt.since = at;
        }
    }

    fn doubt(&mut self, number: u32, operation: Operation) {
        if let Some(attempt) = self.attempts.iter_mut().find(|attempt| attempt.number == number) {
            attempt.doubt = Some(operation);
        }
    }

    fn fail(&mut self, number: u32, code: &str, at: Timestamp) {
        self.attempt(number, at, |attempt| {
            attempt.failure_code = Some(code.to_owned());
            AttemptState::Failed
        });
    }

    fn refund(&mut self, id: RefundId, at: Timestamp, state: RefundState) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.id == id) {
            (refund.state, refund.since) = (state, at);
        }
    }
}
