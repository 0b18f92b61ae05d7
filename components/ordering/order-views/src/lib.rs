//! Shows every order as its events tell it: the projection that the order views are.
//!
//! Each event carries the whole order, so of several that come together the newest is all that counts, and applying one
//! twice changes nothing: the version of what is shown is the memory of what has been applied.

use std::collections::BTreeMap;

use tradepost_consumer::{CloudEvent, Outcome, apply_by_key};
use tradepost_events::ordering::OrderState;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:ordering-order-views;

            world component {
                import tradepost:ordering/order-projection@0.1.0;
            }
        ",
        path: "../../../wit/ordering",
        generate_all,
    });
}

use ports::tradepost::ordering::order_projection::{OrderView, ViewError, put_all};

/// The owner of an order that no customer has.
const GUEST: &str = "anonymous";

tradepost_consumer::consumer!(apply);

async fn apply(events: &[CloudEvent]) -> Vec<Outcome> {
    apply_by_key(events, show).await
}

/// Shows the orders of these events as they are after them.
async fn show(events: &[&CloudEvent]) -> Result<(), Outcome> {
    let mut newest = BTreeMap::new();
    for event in events {
        let state: OrderState =
            event.payload().map_err(|error| Outcome::Rejected(format!("{}: {error}", event.event_type)))?;
        let version = state.order.version;
        let shown = newest.entry(*state.order.id.as_uuid()).or_insert_with(|| state.clone());
        if shown.order.version < version {
            *shown = state;
        }
    }
    let views = newest.into_values().map(|state| view_of(&state)).collect::<Result<_, _>>()?;
    put_all(views).await.map_err(|error| match error {
        ViewError::Unavailable(reason) => Outcome::Unavailable(reason),
        ViewError::Other(reason) => Outcome::Failed(reason),
    })
}

fn view_of(state: &OrderState) -> Result<OrderView, Outcome> {
    let order = &state.order;
    Ok(OrderView {
        order_id: order.id.as_uuid().to_string(),
        version: order.version,
        owner: state.customer.map_or_else(|| GUEST.to_owned(), |customer| customer.to_string()),
        body: serde_json::to_vec(order).map_err(|error| Outcome::Failed(error.to_string()))?,
    })
}
