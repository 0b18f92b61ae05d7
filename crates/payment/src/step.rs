//! What the provider has to be asked next.

use serde::{Deserialize, Serialize};
use tradepost_ids::{OrderId, PaymentId, RefundId};
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;

use crate::decide::{is_live, live_until};
use crate::{Attempt, AttemptState, FIRST_LOOK, IN_FLIGHT, Payment, PaymentMethod, RefundState};

/// What an attempt asks of the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// To promise the money.
    Authorise,
    /// To take it.
    Capture,
    /// To let go of it.
    Void,
}

impl Operation {
    /// Every operation.
    pub const ALL: &[Self] = &[Self::Authorise, Self::Capture, Self::Void];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authorise => "authorise",
            Self::Capture => "capture",
            Self::Void => "void",
        }
    }

    /// Our reference of this operation of an attempt, the same at every try: it is what makes a repetition harmless.
    pub fn reference(self, payment: PaymentId, attempt: u32) -> String {
        format!("{payment}-{attempt}-{}", self.as_str())
    }
}

/// One question to the provider. It may be asked any number of times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// To promise the money.
    Authorise {
        /// The attempt.
        attempt: u32,
        /// Our reference.
        reference: String,
        /// How much.
        amount: Money,
        /// What to charge.
        method: PaymentMethod,
        /// The order, for the provider's records.
        order_id: OrderId,
    },
    /// To take what was promised.
    Capture {
        /// The attempt.
        attempt: u32,
        /// Our reference.
        reference: String,
        /// The provider's reference of the authorisation.
        authorisation: String,
        /// How much: all of it.
        amount: Money,
    },
    /// To let go of what was promised.
    Void {
        /// The attempt.
        attempt: u32,
        /// Our reference.
        reference: String,
        /// The provider's reference of the authorisation.
        authorisation: String,
        /// How much: all of it.
        amount: Money,
    },
    /// To give money back.
    Refund {
        /// The refund.
        refund_id: RefundId,
        /// Our reference.
        reference: String,
        /// The provider's reference of the authorisation whose money it was.
        authorisation: String,
        /// How much.
        amount: Money,
    },
    /// What became of an operation whose outcome is not known.
    LookUp {
        /// The attempt.
        attempt: u32,
        /// The operation.
        operation: Operation,
        /// Our reference of it.
        reference: String,
    },
    /// Whether a capture took the money that the provider will not let go of.
    LookUpAfterVoid {
        /// The attempt.
        attempt: u32,
        /// Our reference of the capture.
        reference: String,
    },
    /// What became of a refund whose outcome is not known.
    LookUpRefund {
        /// The refund.
        refund_id: RefundId,
        /// Our reference of it.
        reference: String,
    },
}

/// What is to be asked at `now`: at most one thing for the attempts, and one for each refund that is under way. Empty
/// when there is nothing, or nothing yet: [`crate::due_at`] says when.
pub fn next_steps(payment: &Payment, now: Timestamp) -> Vec<Step> {
    let (Some(life), Some(id)) = (payment.life(), payment.id()) else { return Vec::new() };
    let mut steps = Vec::new();
    if let Some(attempt) = life.attempts.last() {
        steps.extend(Asking { payment, id, attempt }.next(life.ended_at, now));
    }
    for refund in &life.refunds {
        match refund.state {
            RefundState::Pending => steps.extend(refund_step(payment, refund.id)),
            RefundState::Unknown if now >= refund.since.saturating_add(FIRST_LOOK) => {
                steps.push(Step::LookUpRefund { refund_id: refund.id, reference: refund.id.to_string() });
            }
            _ => {}
        }
    }
    steps
}

/// The question for a refund's money.
pub(crate) fn refund_step(payment: &Payment, id: RefundId) -> Option<Step> {
    let refund = payment.refund(id)?;
    let captured = payment.attempts().iter().find(|attempt| attempt.state == AttemptState::Succeeded)?;
    Some(Step::Refund {
        refund_id: id,
        reference: id.to_string(),
        authorisation: captured.authorisation.clone()?,
        amount: refund.amount,
    })
}

/// An attempt of a payment, about which something is to be asked.
pub(crate) struct Asking<'a> {
    pub(crate) payment: &'a Payment,
    pub(crate) id: PaymentId,
    pub(crate) attempt: &'a Attempt,
}

impl Asking<'_> {
    fn next(&self, ended_at: Option<Timestamp>, now: Timestamp) -> Option<Step> {
        let attempt = self.attempt;
        let ended = ended_at.is_some();
        let live = is_live(attempt, now);
        match attempt.state {
            AttemptState::Initiated if live && !ended => self.authorise(),
            // Whoever has seen the payment as it was before may be asking for the promise at this moment. To look before
            // that is over and to find nothing would leave a promise that nobody lets go of.
            AttemptState::Initiated => {
                let changed_at = ended_at.unwrap_or_else(|| live_until(attempt));
                (now >= changed_at.saturating_add(IN_FLIGHT)).then(|| self.look_up(Operation::Authorise))
            }
            AttemptState::Unknown => {
                let doubt = attempt.doubt.filter(|_| now >= attempt.since.saturating_add(FIRST_LOOK));
                doubt.map(|doubt| self.look_up(doubt))
            }
            AttemptState::Pending if ended => self.void(),
            AttemptState::Pending if live => self.capture(),
            AttemptState::Failed if attempt.held => self.void(),
            AttemptState::Pending | AttemptState::Failed | AttemptState::Succeeded => None,
        }
    }

    fn authorise(&self) -> Option<Step> {
        let requested = self.payment.requested()?;
        Some(Step::Authorise {
            attempt: self.attempt.number,
            reference: self.reference(Operation::Authorise),
            amount: requested.amount,
            method: requested.payment_method.clone()?,
            order_id: requested.order_id,
        })
    }

    pub(crate) fn capture(&self) -> Option<Step> {
        Some(Step::Capture {
            attempt: self.attempt.number,
            reference: self.reference(Operation::Capture),
            authorisation: self.attempt.authorisation.clone()?,
            amount: self.payment.requested()?.amount,
        })
    }

    pub(crate) fn void(&self) -> Option<Step> {
        Some(Step::Void {
            attempt: self.attempt.number,
            reference: self.reference(Operation::Void),
            authorisation: self.attempt.authorisation.clone()?,
            amount: self.payment.requested()?.amount,
        })
    }

    pub(crate) fn look_up_after_void(&self) -> Step {
        Step::LookUpAfterVoid { attempt: self.attempt.number, reference: self.reference(Operation::Capture) }
    }

    fn look_up(&self, operation: Operation) -> Step {
        Step::LookUp { attempt: self.attempt.number, operation, reference: self.reference(operation) }
    }

    fn reference(&self, operation: Operation) -> String {
        operation.reference(self.id, self.attempt.number)
    }
}
