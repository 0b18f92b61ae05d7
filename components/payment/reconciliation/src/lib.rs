//! A POST, which the tick makes, sees to every payment that is due: one whose outcome is not known, or that somebody left
//! half-way.
//!
//! Any number of these may run at once. Each gets other payments, and the streams' versions decide whatever else comes in
//! between.

use tradepost_payment_desk::{Failure, Settled, in_seconds, settle, take_due};
use tradepost_private_route as route;
use tradepost_private_route::wasip3::clocks::monotonic_clock;
use tradepost_private_route::wasip3::http::types::{Request, Response};

/// Who causes what happens here.
const ACTOR: &str = "payment-reconciliation";

/// How many payments are seen to at once.
const SWEEP: u32 = 50;

/// How long one call goes on, in seconds. Below the time for which a payment that was taken is nobody else's. What is left
/// then, the next tick finds.
const SECONDS: u64 = 8;

route::private_route!(reconcile);

async fn reconcile(request: Request) -> Response {
    if let Err(refusal) = route::only_post(&request) {
        return refusal;
    }
    let (seen_to, outcome) = reconcile_all().await;
    match outcome {
        Ok(()) => route::json(200, format!("{{\"seen_to\":{seen_to}}}").into_bytes()),
        Err(Failure::Unavailable(cause)) => route::text(503, &cause),
        Err(Failure::Other(cause)) => route::text(500, &cause),
    }
}

/// How many were seen to, also when an error was the end of it.
async fn reconcile_all() -> (usize, Result<(), Failure>) {
    let until = in_seconds(SECONDS);
    let mut seen_to = 0;
    while monotonic_clock::now() < until {
        let due = match take_due(SWEEP, ACTOR).await {
            Ok(due) => due,
            Err(failure) => return (seen_to, Err(failure)),
        };
        let last = u32::try_from(due.len()).is_ok_and(|count| count < SWEEP);
        seen_to += due.len();
        let Settled { failure, .. } = settle(due, until).await;
        if let Some(failure) = failure {
            return (seen_to, Err(failure));
        }
        if last {
            break;
        }
    }
    (seen_to, Ok(()))
}
