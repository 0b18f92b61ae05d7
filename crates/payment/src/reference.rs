//! Our references, read back: which operation the provider is talking about.

use tradepost_ids::{PaymentId, RefundId};

use crate::{Operation, Step};

/// What a reference of ours names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// An operation of an attempt.
    Attempt {
        /// The payment.
        payment: PaymentId,
        /// From 1.
        attempt: u32,
        /// The operation.
        operation: Operation,
    },
    /// A refund, of whichever payment.
    Refund(RefundId),
}

impl Named {
    /// What `reference` names; `None` when it is none of ours.
    pub fn of(reference: &str) -> Option<Self> {
        if let Ok(refund) = reference.parse() {
            return Some(Self::Refund(refund));
        }
        let mut parts = reference.split('-');
        let (payment, attempt, name) =
            (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
        let operation = Operation::ALL.iter().copied().find(|operation| operation.as_str() == name)?;
        let named = Self::Attempt { payment, attempt, operation };
        // Whatever else stands there, or is spelled in another way, was not written by us.
        (operation.reference(payment, attempt) == reference).then_some(named)
    }

    /// The look that would find what the provider says of it.
    pub fn look_up(self) -> Step {
        match self {
            Self::Attempt { payment, attempt, operation } => {
                Step::LookUp { attempt, operation, reference: operation.reference(payment, attempt) }
            }
            Self::Refund(refund_id) => Step::LookUpRefund { refund_id, reference: refund_id.to_string() },
        }
    }
}
