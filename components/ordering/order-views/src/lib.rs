//! Shows every order as its events tell it: the projection that the order views are.
//!
//! Each event carries the whole order, so of several that come together the newest is all that counts, and applying one
//! twice changes nothing: the version of what is shown is the memory of what has been applied.

use std::collections::BTreeMap;

use tradepost_consumer::{CloudEvent, Outcome, apply_by_key};
use tradepost_events::ordering::OrderState;
use tradepost_ids::OrderId;
use tradepost_ordering::{ORDER_PLACED_V1, Order, Owner, Recorded};

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

tradepost_consumer::consumer!(apply);

async fn apply(events: &[CloudEvent]) -> Vec<Outcome> {
    apply_by_key(events, show).await
}

/// Shows the orders of these events as they are after them.
async fn show(events: &[&CloudEvent]) -> Result<(), Outcome> {
    let mut newest = BTreeMap::new();
    for event in events {
        let state = state_after(event)?;
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

fn state_after(event: &CloudEvent) -> Result<OrderState, Outcome> {
    let rejected =
        |error: &dyn std::fmt::Display| Outcome::Rejected(format!("{}: {error}", event.event_type));
    if event.event_type != ORDER_PLACED_V1 {
        return event.payload().map_err(|error| rejected(&error));
    }
    // This shape carries no order. It is always the first event, so the order is what it alone makes of it.
    let id: OrderId = event.subject.parse().map_err(|error| rejected(&error))?;
    let placed = Recorded::read(ORDER_PLACED_V1, &event.data.to_string(), event.time.as_micros(), None)
        .map_err(|error| rejected(&error))?;
    let placed = Order::fold([&placed]);
    let order = placed.view(id).ok_or_else(|| rejected(&"it makes no order"))?;
    Ok(OrderState { customer: placed.owner().and_then(Owner::customer), order })
}

fn view_of(state: &OrderState) -> Result<OrderView, Outcome> {
    let order = &state.order;
    Ok(OrderView {
        order_id: order.id.as_uuid().to_string(),
        version: order.version,
        owner: Owner::of(state.customer).to_string(),
        body: serde_json::to_vec(order).map_err(|error| Outcome::Failed(error.to_string()))?,
    })
}
