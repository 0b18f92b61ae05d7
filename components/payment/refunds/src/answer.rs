//! What is answered of a refund, whoever has brought it where it is.

use tradepost_endpoint::{Idempotency, Reply};
use tradepost_events::payment::Refund;
use tradepost_ids::{PaymentId, RefundId};
use tradepost_payment::{Payment, RefundState, view};
use tradepost_payment_desk::{IdempotencyScope, KeptAnswer, ReplayedAnswer};
use tradepost_problem::{Code, Problem, success_body};

/// What a client is told.
pub(crate) enum Answer {
    /// The money is given back, or nobody knows yet.
    Told(ReplayedAnswer),
    /// The provider has declined.
    Declined(Problem),
}

impl Answer {
    /// As a reply that is given for the first time.
    pub(crate) fn into_reply(self) -> Result<Reply, Problem> {
        let answer = match self {
            Self::Told(answer) => answer,
            Self::Declined(problem) => return Err(problem),
        };
        let reply = Reply::enveloped(answer.status, answer.body);
        Ok(match answer.location {
            Some(location) => reply.header("location", location),
            None => reply,
        })
    }

    /// As a reply to a question that was asked before.
    pub(crate) fn into_repeated_reply(self) -> Result<Reply, Problem> {
        match self {
            Self::Told(answer) => Ok(replayed(answer)),
            Self::Declined(problem) => Err(problem.header("idempotent-replayed", "true")),
        }
    }

    /// What is kept under the idempotency key. A decline is not: it has the id of its request in it, and is made anew
    /// from what is recorded.
    pub(crate) fn kept(&self, idempotency: &Idempotency) -> Option<KeptAnswer> {
        let Self::Told(answer) = self else { return None };
        Some(KeptAnswer {
            scope: scope_of(idempotency),
            fingerprint: idempotency.fingerprint.clone(),
            status: answer.status,
            location: answer.location.clone(),
            body: answer.body.clone(),
            expires_at: idempotency.expires_at,
        })
    }
}

/// An answer that was given before.
pub(crate) fn replayed(answer: ReplayedAnswer) -> Reply {
    Reply::replayed(answer.status, answer.location, answer.body)
}

pub(crate) fn scope_of(idempotency: &Idempotency) -> IdempotencyScope {
    IdempotencyScope {
        principal: idempotency.principal.clone(),
        method: idempotency.method.clone(),
        path: idempotency.path.clone(),
        key: idempotency.key.clone(),
    }
}

/// What there is to say of a refund of this payment.
pub(crate) fn answer_of(id: PaymentId, payment: &Payment, refund_id: RefundId) -> Result<Answer, Problem> {
    let nothing = || Problem::internal("the payment has no such refund");
    let state = payment.refund(refund_id).ok_or_else(nothing)?.state;
    let shown = view(payment).and_then(|view| view.refunds.into_iter().find(|refund| refund.id == refund_id));
    let shown: Refund = shown.ok_or_else(nothing)?;
    let told = |status, location| {
        Ok::<_, Problem>(Answer::Told(ReplayedAnswer { status, location, body: success_body(&shown)? }))
    };
    match state {
        RefundState::Succeeded => told(201, Some(format!("/payments/{id}/refunds"))),
        RefundState::Pending | RefundState::Unknown => told(202, None),
        RefundState::Failed => {
            let problem = Problem::new(Code::RefundDeclined, "The payment provider declined the refund");
            let problem = problem.member("refund_id", refund_id.to_string());
            Ok(Answer::Declined(match shown.decline_code {
                Some(code) => problem.member("decline_code", code),
                None => problem,
            }))
        }
    }
}
