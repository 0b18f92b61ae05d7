//! What the provider's answer means.

use tradepost_ids::RefundId;
use tradepost_timestamp::Timestamp;

use crate::decide::{begin, declined, give_back, is_live, refund_of_end};
use crate::step::{Asking, refund_step};
use crate::{
    AttemptFailed, AttemptState, Authorised, Captured, Ending, Operation, Payment, PaymentEvent,
    RefundDeclined, RefundState, RefundUnknown, Refunded, Step, Unknown, Voided,
};

/// What the provider said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It happened. The provider's reference of it.
    Approved(String),
    /// It did not and will not.
    Declined {
        /// In the provider's code.
        code: String,
    },
    /// It has heard of it and has not decided. An answer to a look only.
    Pending,
    /// It has never heard of it. An answer to a look only.
    Absent,
    /// It did not answer, or not in time.
    Unknown,
}

/// What follows from an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reaction {
    /// This is to be recorded.
    Record(Vec<PaymentEvent>),
    /// Something else has to be asked first.
    Ask(Step),
    /// Nothing yet: somebody asks again later.
    Wait,
}

/// What follows from `answer` to `step` for `payment`, as it is at `now`.
///
/// A payment may have gone on since the step was decided on. What the answer would then have to change that is settled
/// already, it does not.
pub fn react(payment: &Payment, step: &Step, answer: Answer, now: Timestamp) -> Reaction {
    match step {
        Step::Refund { refund_id, .. } => refund(payment, *refund_id, answer),
        Step::LookUpRefund { refund_id, .. } => match answer {
            Answer::Absent => refund_step(payment, *refund_id).map_or(Reaction::Wait, Reaction::Ask),
            answer => refund(payment, *refund_id, answer),
        },
        Step::Authorise { attempt, .. }
        | Step::Capture { attempt, .. }
        | Step::Void { attempt, .. }
        | Step::LookUp { attempt, .. }
        | Step::LookUpAfterVoid { attempt, .. } => {
            let found = payment.attempts().last().filter(|last| last.number == *attempt);
            match (payment.id(), found) {
                (Some(id), Some(attempt)) => {
                    let asking = Asking { payment, id, attempt };
                    asking.react(step, answer, now)
                }
                _ => Reaction::Wait,
            }
        }
    }
}

impl Asking<'_> {
    fn react(&self, step: &Step, answer: Answer, now: Timestamp) -> Reaction {
        match step {
            Step::Authorise { .. } | Step::LookUp { operation: Operation::Authorise, .. } => {
                self.authorised(answer, now)
            }
            Step::Capture { .. } | Step::LookUp { operation: Operation::Capture, .. } => {
                self.captured(answer, now)
            }
            Step::Void { .. } | Step::LookUp { operation: Operation::Void, .. } => self.voided(&answer),
            Step::LookUpAfterVoid { .. } => match answer {
                Answer::Declined { .. } | Answer::Absent => self.let_go(),
                answer => self.captured(answer, now),
            },
            Step::Refund { .. } | Step::LookUpRefund { .. } => Reaction::Wait,
        }
    }

    fn authorised(&self, answer: Answer, now: Timestamp) -> Reaction {
        let attempt = self.attempt;
        if !self.doubts(AttemptState::Initiated, Operation::Authorise) {
            return Reaction::Wait;
        }
        match answer {
            Answer::Approved(authorisation) => match self.payment.requested() {
                Some(requested) => {
                    let amount = requested.amount;
                    record(Authorised { attempt: attempt.number, amount, authorisation })
                }
                None => Reaction::Wait,
            },
            Answer::Declined { code } if self.payment.ending().is_some() => self.failed(code),
            Answer::Declined { code } => Reaction::Record(vec![declined(Some(attempt.number), &code)]),
            Answer::Absent => self.never_happened(now),
            Answer::Unknown if attempt.state == AttemptState::Initiated => self.unknown(Operation::Authorise),
            Answer::Pending | Answer::Unknown => Reaction::Wait,
        }
    }

    /// The attempt came to nothing, and another follows if it may.
    fn never_happened(&self, now: Timestamp) -> Reaction {
        let attempt = self.attempt;
        let failed = AttemptFailed { attempt: attempt.number, failure_code: "no_answer".to_owned() };
        let mut events = vec![failed.into()];
        if self.payment.ending().is_none() {
            let risk = self.payment.life().and_then(|life| life.risk.clone()).unwrap_or_default();
            events.push(begin(attempt.number, attempt.reserved_until, risk, now));
        }
        Reaction::Record(events)
    }

    fn captured(&self, answer: Answer, now: Timestamp) -> Reaction {
        let attempt = self.attempt;
        if !self.doubts(AttemptState::Pending, Operation::Capture) {
            return Reaction::Wait;
        }
        let ended = self.payment.ending().is_some();
        match answer {
            Answer::Approved(_) => self.taken(),
            Answer::Declined { .. } | Answer::Absent if ended => self.asking_to_void(),
            Answer::Declined { code } => Reaction::Record(vec![declined(Some(attempt.number), &code)]),
            Answer::Absent if is_live(attempt, now) => self.capture().map_or(Reaction::Wait, Reaction::Ask),
            Answer::Absent => Reaction::Record(vec![declined(None, "reservation_expired")]),
            Answer::Unknown if attempt.state == AttemptState::Pending && !ended => {
                self.unknown(Operation::Capture)
            }
            Answer::Pending | Answer::Unknown => Reaction::Wait,
        }
    }

    /// The money was taken; for an order that has ended, it goes back.
    fn taken(&self) -> Reaction {
        let Some(life) = self.payment.life() else { return Reaction::Wait };
        let amount = life.requested.amount;
        let mut events = vec![Captured { attempt: self.attempt.number, amount }.into()];
        if let Some(ending) = &life.ending {
            let reason = match ending {
                Ending::Declined { .. } => "payment_declined",
                Ending::CalledOff { reason } => reason,
            };
            events.extend(give_back(self.payment, refund_of_end(self.id), amount, None, reason));
        }
        Reaction::Record(events)
    }

    fn voided(&self, answer: &Answer) -> Reaction {
        match answer {
            _ if !self.attempt.held => Reaction::Wait,
            Answer::Approved(_) => self.let_go(),
            // A capture that was declined has taken nothing, so there is nothing left to ask.
            Answer::Declined { .. } if self.attempt.state == AttemptState::Failed => self.let_go(),
            Answer::Declined { .. } => Reaction::Ask(self.look_up_after_void()),
            Answer::Pending | Answer::Absent | Answer::Unknown => Reaction::Wait,
        }
    }

    fn let_go(&self) -> Reaction {
        if self.attempt.held { record(Voided { attempt: self.attempt.number }) } else { Reaction::Wait }
    }

    fn failed(&self, code: String) -> Reaction {
        record(AttemptFailed { attempt: self.attempt.number, failure_code: code })
    }

    fn unknown(&self, operation: Operation) -> Reaction {
        record(Unknown { attempt: self.attempt.number, operation })
    }

    fn asking_to_void(&self) -> Reaction {
        self.void().map_or(Reaction::Wait, Reaction::Ask)
    }

    /// Whether the attempt is in `state`, in which `operation` is asked for, or in doubt about it.
    fn doubts(&self, state: AttemptState, operation: Operation) -> bool {
        self.attempt.state == state
            || (self.attempt.state == AttemptState::Unknown && self.attempt.doubt == Some(operation))
    }
}

fn refund(payment: &Payment, refund_id: RefundId, answer: Answer) -> Reaction {
    let Some(refund) = payment.refund(refund_id) else { return Reaction::Wait };
    match (refund.state, answer) {
        (RefundState::Succeeded | RefundState::Failed, _) => Reaction::Wait,
        (_, Answer::Approved(_)) => record(Refunded { refund_id, amount: refund.amount }),
        (_, Answer::Declined { code }) => record(RefundDeclined { refund_id, decline_code: code }),
        (RefundState::Pending, Answer::Unknown) => record(RefundUnknown { refund_id }),
        (_, Answer::Unknown | Answer::Pending | Answer::Absent) => Reaction::Wait,
    }
}

fn record(event: impl Into<PaymentEvent>) -> Reaction {
    Reaction::Record(vec![event.into()])
}
