//! Consumes `order-placed`: promises the order all that it wants, or rejects it.

use spin_sdk::variables;
use tradepost_chance::{fresh_uuid, now};
use tradepost_consumer::{CloudEvent, Outcome, apply_by_key};
use tradepost_events::Event;
use tradepost_events::ordering::OrderPlaced;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:inventory-reservation;

            world component {
                import tradepost:inventory/reservations@0.1.0;
            }
        ",
        path: "../../../wit/inventory",
        generate_all,
    });
}

use ports::tradepost::inventory::reservations::{Demand, Line, ReservationError, reserve_all};

tradepost_consumer::consumer!(apply);

async fn apply(events: &[CloudEvent]) -> Vec<Outcome> {
    apply_by_key(events, async |events| {
        let at = now().as_micros();
        let expires_at = at.saturating_add(promised_micros().await?);
        let demands = events.iter().map(|event| demand(event, expires_at)).collect::<Result<_, _>>()?;
        // What was decided is told by the same statement, whatever it is.
        reserve_all(demands, at).await.map_err(outcome)?;
        Ok(())
    })
    .await
}

fn demand(event: &CloudEvent, expires_at: i64) -> Result<Demand, Outcome> {
    if event.event_type != OrderPlaced::TYPE {
        return Err(Outcome::Rejected(format!("{} is not an event for this consumer", event.event_type)));
    }
    let placed: OrderPlaced = event.payload().map_err(|error| Outcome::Rejected(error.to_string()))?;
    let lines = placed.order.lines.into_iter();
    let lines: Vec<Line> =
        lines.map(|line| Line { sku: line.sku, quantity: i64::from(line.quantity) }).collect();
    Ok(Demand {
        order_id: placed.order.id.as_uuid().to_string(),
        event_ids: (0..=lines.len()).map(|_| fresh_uuid().to_string()).collect(),
        lines,
        expires_at,
        traceparent: event.traceparent.clone(),
    })
}

/// For how long stock is promised, in microseconds. A variable that is none is the operator's to mend, so it uses up no
/// event's tries.
async fn promised_micros() -> Result<i64, Outcome> {
    const VARIABLE: &str = "reservation_seconds";
    let seconds = variables::get(VARIABLE).await.ok().and_then(|value| value.trim().parse::<u32>().ok());
    match seconds {
        Some(seconds) if seconds > 0 => Ok(i64::from(seconds) * 1_000_000),
        _ => Err(Outcome::Unavailable(format!("the variable {VARIABLE} must be a whole number, 1 or more"))),
    }
}

fn outcome(error: ReservationError) -> Outcome {
    match error {
        ReservationError::Malformed(cause) => Outcome::Rejected(cause),
        ReservationError::Unavailable(cause) => Outcome::Unavailable(cause),
        ReservationError::Other(cause) => Outcome::Failed(cause),
    }
}
