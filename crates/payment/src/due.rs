//! When somebody has to see to a payment again. A row that the tick finds, not a timer: whoever was at it may be gone.

use std::time::Duration;

use tradepost_timestamp::Timestamp;

use crate::{AttemptState, Payment, RefundState};

/// How long whoever has begun a step has for it, before somebody else takes it for left half-way. A consumer is stopped
/// after 10 seconds, and no call to the provider takes longer than 5.
pub const IN_FLIGHT: Duration = Duration::from_secs(15);

/// How long after an unknown outcome the provider is asked for the first time. By then it has had 7 seconds in all. Later
/// looks are further apart; that is the journal's affair.
pub const FIRST_LOOK: Duration = Duration::from_secs(2);

/// When somebody has to see to `payment`, as it is at `now`; `None` when nothing is left to do.
pub fn due_at(payment: &Payment, now: Timestamp) -> Option<Timestamp> {
    let being_done = now.saturating_add(IN_FLIGHT);
    let attempt = payment.attempts().last().and_then(|attempt| match attempt.state {
        AttemptState::Initiated | AttemptState::Pending => Some(being_done),
        AttemptState::Failed if attempt.held => Some(being_done),
        AttemptState::Unknown => Some(attempt.since.saturating_add(FIRST_LOOK)),
        AttemptState::Succeeded | AttemptState::Failed => None,
    });
    let refunds = payment.refunds().iter().filter_map(|refund| match refund.state {
        RefundState::Pending => Some(being_done),
        RefundState::Unknown => Some(refund.since.saturating_add(FIRST_LOOK)),
        RefundState::Succeeded | RefundState::Failed => None,
    });
    refunds.chain(attempt).min()
}
