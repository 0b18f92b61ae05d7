//! A payment as clients see it.

use tradepost_events::payment as published;

use crate::{AttemptState, Ending, Payment};

/// What `GET /payments/:payment_id` answers and every published event carries; `None` before there is a payment.
pub fn view(payment: &Payment) -> Option<published::Payment> {
    let life = payment.life()?;
    let decline_code = match &life.ending {
        Some(Ending::Declined { code }) => Some(code.clone()),
        Some(Ending::CalledOff { .. }) | None => None,
    };
    Some(published::Payment {
        id: payment.id()?,
        order_id: life.requested.order_id,
        status: payment.status().as_str().to_owned(),
        amount: life.requested.amount,
        authorised: life.money(payment.authorised()),
        captured: life.money(payment.captured()),
        refunded: life.money(payment.refunded()),
        decline_code,
        risk: life.risk.clone(),
        attempts: life.attempts.iter().map(attempt).collect(),
        refunds: life.refunds.iter().map(refund).collect(),
        version: payment.version(),
        created_at: life.created_at,
        updated_at: life.updated_at,
    })
}

fn attempt(attempt: &crate::Attempt) -> published::Attempt {
    published::Attempt {
        number: attempt.number,
        status: attempt.state.as_str().to_owned(),
        provider_reference: attempt.authorisation.clone(),
        failure_code: attempt.failure_code.clone().filter(|_| attempt.state == AttemptState::Failed),
    }
}

fn refund(refund: &crate::Refund) -> published::Refund {
    published::Refund {
        id: refund.id,
        status: refund.state.as_str().to_owned(),
        amount: refund.amount,
        reason: refund.reason.clone(),
        decline_code: refund.decline_code.clone(),
        created_at: refund.created_at,
    }
}
