//! A POST, which the tick makes, releases all reservations that are overdue.

use tradepost_chance::{fresh_uuid, now};
use tradepost_private_route as route;
use tradepost_private_route::wasip3::http::types::{Request, Response};

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:inventory-reservation-expiry;

            world component {
                import tradepost:inventory/reservations@0.1.0;
            }
        ",
        path: "../../../wit/inventory",
        generate_all,
    });
}

use ports::tradepost::inventory::reservations::{ReservationError, Sweep, expire_due};

/// How many reservations one statement expires. Each holds its stock until the statement's end, so not too many.
const SWEEP: usize = 100;

/// How many statements one call makes at most. What is left then, the next tick finds.
const MOST_SWEEPS: usize = 100;

route::private_route!(expire);

async fn expire(request: Request) -> Response {
    if let Err(refusal) = route::only_post(&request) {
        return refusal;
    }
    let (expired, outcome) = expire_all().await;
    match outcome {
        Ok(()) => route::json(200, format!("{{\"expired\":{expired}}}").into_bytes()),
        Err(ReservationError::Unavailable(cause)) => route::text(503, &cause),
        Err(ReservationError::Malformed(cause) | ReservationError::Other(cause)) => route::text(500, &cause),
    }
}

/// How many were expired, also when an error was the end of it.
async fn expire_all() -> (u64, Result<(), ReservationError>) {
    let mut expired = 0;
    for _ in 0..MOST_SWEEPS {
        let sweep = Sweep {
            at: now().as_micros(),
            event_ids: (0..SWEEP).map(|_| fresh_uuid().to_string()).collect(),
            traceparent: None,
        };
        match expire_due(sweep).await {
            Ok(count) => {
                expired += count;
                if usize::try_from(count).is_ok_and(|count| count < SWEEP) {
                    break;
                }
            }
            Err(error) => return (expired, Err(error)),
        }
    }
    (expired, Ok(()))
}
