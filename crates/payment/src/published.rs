//! What leaves the context of an event: what it adds, without what could be charged, and the payment after it.

use tradepost_events::payment as published;

use crate::{Payment, PaymentEvent, view};

/// The payload of `event` as other contexts get it, a JSON object; `after` is the payment after it. `None` when there is
/// no payment after it, which is so of no event that [`crate::decide`] or [`crate::react`] gives.
pub fn published_json(event: &PaymentEvent, after: &Payment) -> Option<Result<String, serde_json::Error>> {
    let payment = view(after)?;
    let order_id = payment.order_id;
    Some(match event {
        PaymentEvent::Requested(_) => {
            serde_json::to_string(&published::PaymentRequested { order_id, payment })
        }
        PaymentEvent::AttemptStarted(event) => {
            let attempt = event.attempt;
            serde_json::to_string(&published::PaymentAttemptStarted { order_id, attempt, payment })
        }
        PaymentEvent::Authorised(event) => {
            let (attempt, amount) = (event.attempt, event.amount);
            serde_json::to_string(&published::PaymentAuthorised { order_id, attempt, amount, payment })
        }
        PaymentEvent::Captured(event) => {
            let (attempt, amount) = (event.attempt, event.amount);
            let risk = payment.risk.clone().unwrap_or_default();
            serde_json::to_string(&published::PaymentCaptured { order_id, attempt, amount, risk, payment })
        }
        PaymentEvent::Unknown(event) => {
            let attempt = event.attempt;
            serde_json::to_string(&published::PaymentUnknown { order_id, attempt, payment })
        }
        PaymentEvent::AttemptFailed(event) => {
            let (attempt, failure_code) = (event.attempt, event.failure_code.clone());
            serde_json::to_string(&published::PaymentAttemptFailed {
                order_id,
                attempt,
                failure_code,
                payment,
            })
        }
        PaymentEvent::Declined(event) => {
            let decline_code = event.decline_code.clone();
            serde_json::to_string(&published::PaymentDeclined { order_id, decline_code, payment })
        }
        PaymentEvent::Voided(event) => {
            let attempt = event.attempt;
            serde_json::to_string(&published::PaymentVoided { order_id, attempt, payment })
        }
        PaymentEvent::Cancelled(event) => {
            let reason = event.reason.clone();
            serde_json::to_string(&published::PaymentCancelled { order_id, reason, payment })
        }
        PaymentEvent::RefundRequested(event) => {
            let (refund_id, amount, reason) = (event.refund_id, event.amount, event.reason.clone());
            serde_json::to_string(&published::RefundRequested {
                order_id,
                refund_id,
                amount,
                reason,
                payment,
            })
        }
        PaymentEvent::RefundUnknown(event) => {
            let refund_id = event.refund_id;
            serde_json::to_string(&published::RefundUnknown { order_id, refund_id, payment })
        }
        PaymentEvent::RefundDeclined(event) => {
            let (refund_id, decline_code) = (event.refund_id, event.decline_code.clone());
            serde_json::to_string(&published::RefundDeclined { order_id, refund_id, decline_code, payment })
        }
        PaymentEvent::Refunded(event) => {
            let (refund_id, amount, refunded) = (event.refund_id, event.amount, payment.refunded);
            serde_json::to_string(&published::PaymentRefunded {
                order_id,
                refund_id,
                amount,
                refunded,
                payment,
            })
        }
    })
}
