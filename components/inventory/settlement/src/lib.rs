//! Consumes what decides about an order's reservation. A captured payment commits it. An order that has ended releases
//! it, and puts back on hand what had left already; if nothing was reserved yet, nothing will be.

use tradepost_chance::{fresh_uuid, now};
use tradepost_consumer::{CloudEvent, Outcome, apply_by_key};
use tradepost_events::Event;
use tradepost_events::ordering::{OrderCancelled, OrderExpired, OrderRejected};
use tradepost_events::payment::PaymentCaptured;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:inventory-settlement;

            world component {
                import tradepost:inventory/reservations@0.1.0;
            }
        ",
        path: "../../../wit/inventory",
        generate_all,
    });
}

use ports::tradepost::inventory::reservations::{
    Ending, Line, ReservationError, Settled, Settlement, settle_all,
};

tradepost_consumer::consumer!(apply);

async fn apply(events: &[CloudEvent]) -> Vec<Outcome> {
    apply_by_key(events, async |events| {
        let settlements = events.iter().map(|event| settlement(event)).collect::<Result<_, _>>()?;
        let settled = settle_all(settlements, now().as_micros()).await.map_err(outcome)?;
        // One that came too late changes nothing: the payment has yet to hear what became of the order, and refunds.
        if settled.iter().any(|settled| matches!(settled, Settled::Unknown)) {
            return Err(Outcome::Failed("a payment was captured for what nobody reserved".to_owned()));
        }
        Ok(())
    })
    .await
}

fn settlement(event: &CloudEvent) -> Result<Settlement, Outcome> {
    let unreadable = |error: serde_json::Error| Outcome::Rejected(error.to_string());
    let (order_id, ending) = match event.event_type.as_str() {
        PaymentCaptured::TYPE => {
            let captured: PaymentCaptured = event.payload().map_err(unreadable)?;
            (captured.order_id, Ending::Commit)
        }
        OrderRejected::TYPE => {
            let rejected: OrderRejected = event.payload().map_err(unreadable)?;
            (rejected.order.id, Ending::Release(None))
        }
        OrderExpired::TYPE => {
            let expired: OrderExpired = event.payload().map_err(unreadable)?;
            (expired.order.id, Ending::Release(None))
        }
        OrderCancelled::TYPE => {
            let cancelled: OrderCancelled = event.payload().map_err(unreadable)?;
            let lines = cancelled.lines.into_iter();
            let lines = lines.map(|line| Line { sku: line.sku, quantity: i64::from(line.quantity) });
            (cancelled.order.id, Ending::Release(Some(lines.collect())))
        }
        other => return Err(Outcome::Rejected(format!("{other} is not an event for this consumer"))),
    };
    Ok(Settlement {
        order_id: order_id.as_uuid().to_string(),
        ending,
        cause_id: event.id.clone(),
        event_id: fresh_uuid().to_string(),
        traceparent: event.traceparent.clone(),
    })
}

fn outcome(error: ReservationError) -> Outcome {
    match error {
        ReservationError::Malformed(cause) => Outcome::Rejected(cause),
        ReservationError::Unavailable(cause) => Outcome::Unavailable(cause),
        ReservationError::Other(cause) => Outcome::Failed(cause),
    }
}
