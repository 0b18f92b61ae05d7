//! Keeps the list of each customer's orders: a projection with an actor for each customer.
//!
//! An order is in one customer's list for ever and its events say its status, so the list is what the newest event of each
//! order says, whichever comes first.

use tradepost_consumer::{CloudEvent, Outcome, apply_by_key};
use tradepost_events::ordering::OrderState;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:ordering-customer-orders;

            world component {
                import tradepost:ordering/customer-orders-projection@0.1.0;
            }
        ",
        path: "../../../wit/ordering",
        generate_all,
    });
}

use ports::tradepost::ordering::customer_orders_projection::{ListError, NotedOrder, note_all};

tradepost_consumer::consumer!(apply);

async fn apply(events: &[CloudEvent]) -> Vec<Outcome> {
    apply_by_key(events, note).await
}

async fn note(events: &[&CloudEvent]) -> Result<(), Outcome> {
    let orders =
        events.iter().filter_map(|event| noted_order(event).transpose()).collect::<Result<_, _>>()?;
    note_all(orders).await.map_err(|error| match error {
        ListError::Unavailable(reason) => Outcome::Unavailable(reason),
        ListError::Other(reason) => Outcome::Failed(reason),
    })
}

/// `None` for a guest's order, which is in nobody's list and which only a stranger to the subscription would send.
fn noted_order(event: &CloudEvent) -> Result<Option<NotedOrder>, Outcome> {
    let state: OrderState =
        event.payload().map_err(|error| Outcome::Rejected(format!("{}: {error}", event.event_type)))?;
    let OrderState { customer, order } = state;
    Ok(customer.map(|customer| NotedOrder {
        customer: customer.as_uuid().to_string(),
        order_id: order.id.as_uuid().to_string(),
        version: order.version,
        status: order.status,
    }))
}
