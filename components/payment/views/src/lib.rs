//! Shows every payment as its events tell it: the projection that the payment views are.
//!
//! Each event carries the whole payment, so of several that come together the newest is all that counts, and applying
//! one twice changes nothing: the version of what is shown is the memory of what has been applied.

use std::collections::BTreeMap;

use serde::Deserialize;
use tradepost_consumer::{CloudEvent, Outcome, apply_by_key};
use tradepost_events::payment::{Payment, TYPES};

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:payment-views;

            world component {
                import tradepost:payment/payment-projection@0.1.0;
            }
        ",
        path: "../../../wit/payment",
        generate_all,
    });
}

use ports::tradepost::payment::payment_projection::{PaymentView, ViewError, put_all};

tradepost_consumer::consumer!(apply);

/// What every event of payment has in common.
#[derive(Deserialize)]
struct Told {
    /// The payment after the event.
    payment: Payment,
}

async fn apply(events: &[CloudEvent]) -> Vec<Outcome> {
    apply_by_key(events, show).await
}

/// Shows the payments of these events as they are after them.
async fn show(events: &[&CloudEvent]) -> Result<(), Outcome> {
    let mut newest: BTreeMap<_, Payment> = BTreeMap::new();
    for event in events {
        let payment = payment_after(event)?;
        let shown = newest.entry(*payment.id.as_uuid()).or_insert_with(|| payment.clone());
        if shown.version < payment.version {
            *shown = payment;
        }
    }
    let views = newest.into_values().map(|payment| view_of(&payment)).collect::<Result<_, _>>()?;
    put_all(views).await.map_err(|error| match error {
        ViewError::Unavailable(reason) => Outcome::Unavailable(reason),
        ViewError::Other(reason) => Outcome::Failed(reason),
    })
}

fn payment_after(event: &CloudEvent) -> Result<Payment, Outcome> {
    if !TYPES.contains(&event.event_type.as_str()) {
        return Err(Outcome::Rejected(format!("{} is not an event for this consumer", event.event_type)));
    }
    let told: Told =
        event.payload().map_err(|error| Outcome::Rejected(format!("{}: {error}", event.event_type)))?;
    Ok(told.payment)
}

fn view_of(payment: &Payment) -> Result<PaymentView, Outcome> {
    Ok(PaymentView {
        payment_id: payment.id.as_uuid().to_string(),
        version: payment.version,
        body: serde_json::to_vec(payment).map_err(|error| Outcome::Failed(error.to_string()))?,
    })
}
