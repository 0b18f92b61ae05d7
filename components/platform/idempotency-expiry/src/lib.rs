//! A POST, which the tick makes, throws away the answers that were kept under idempotency keys and have expired.

use tradepost_private_route as route;
use tradepost_private_route::wasip3::http::types::{Request, Response};

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:platform-idempotency-expiry;

            world component {
                import tradepost:platform/idempotency-expiry@0.1.0;
            }
        ",
        path: "../../../wit/platform",
        generate_all,
    });
}

use ports::tradepost::platform::idempotency_expiry::{Context, ExpiryError, expire};

const CONTEXTS: [Context; 6] = [
    Context::Catalog,
    Context::Identity,
    Context::Inventory,
    Context::Messaging,
    Context::Ordering,
    Context::Payment,
];

/// How many answers one statement throws away.
const SWEEP: u32 = 1_000;

/// How many statements one call makes for a context at most: with a tick a second, that keeps up with 10,000 commands a
/// second. What is left then, the next tick finds.
const MOST_SWEEPS: u32 = 10;

route::private_route!(sweep);

async fn sweep(request: Request) -> Response {
    if let Err(refusal) = route::only_post(&request) {
        return refusal;
    }
    let (mut expired, mut failure) = (0, None);
    for context in CONTEXTS {
        let (of_context, outcome) = sweep_context(context).await;
        expired += of_context;
        // The others are swept all the same.
        failure = failure.or(outcome.err());
    }
    match failure {
        None => route::json(200, format!("{{\"expired\":{expired}}}").into_bytes()),
        Some(ExpiryError::Unavailable(cause)) => route::text(503, &cause),
        Some(ExpiryError::Other(cause)) => route::text(500, &cause),
    }
}

/// How many were thrown away, also when an error was the end of it.
async fn sweep_context(context: Context) -> (u32, Result<(), ExpiryError>) {
    let mut expired = 0;
    for _ in 0..MOST_SWEEPS {
        match expire(context, SWEEP).await {
            Ok(count) => {
                expired += count;
                if count < SWEEP {
                    break;
                }
            }
            Err(error) => return (expired, Err(error)),
        }
    }
    (expired, Ok(()))
}
