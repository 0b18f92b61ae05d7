//! `GET /orders/:order_id/events`: what happened to an order, when, and who did it.

use serde::Serialize;
use tradepost_endpoint::{Admitted, Reply, Scope, endpoint, open};
use tradepost_ids::EventId;
use tradepost_order_access::{check, order_id, order_not_found};
use tradepost_order_entry::order_of;
use tradepost_ordering::AuditItem;
use tradepost_problem::Problem;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:ordering-order-events;

            world component {
                import tradepost:ordering/order-journal@0.1.0;
            }
        ",
        path: "../../../wit/ordering",
        generate_all,
    });
}

use ports::tradepost::ordering::order_journal::{self, LoadError, RecordedEvent};

endpoint! {
    "/orders/:order_id/events";
    GET (open()) => list,
}

/// A stream is short: it comes whole.
#[derive(Serialize)]
struct AuditTrail {
    items: Vec<AuditItem>,
    has_more: bool,
}

async fn list(request: &Admitted) -> Result<Reply, Problem> {
    let id = order_id(request)?;
    let events = order_journal::load(id.as_uuid().to_string()).await.map_err(|error| match error {
        LoadError::Unavailable(cause) => Problem::unavailable(cause),
        LoadError::Other(cause) => Problem::internal(cause),
    })?;
    let order = order_of!(&events).map_err(Problem::internal)?;
    check(request, order.owner().ok_or_else(order_not_found)?, Scope::OrdersRead)?;

    let items = events.into_iter().map(audit_item).collect::<Result<_, _>>()?;
    Reply::ok(&AuditTrail { items, has_more: false })
}

fn audit_item(event: RecordedEvent) -> Result<AuditItem, Problem> {
    Ok(AuditItem {
        id: event_id(&event.id)?,
        event_type: event.event_type,
        version: event.version,
        occurred_at: Timestamp::from_micros(event.occurred_at),
        actor: event.actor,
        traceparent: event.traceparent,
        caused_by: event.caused_by.map(|id| event_id(&id)).transpose()?,
        data: AuditItem::data_of(&event.data)?,
    })
}

fn event_id(id: &str) -> Result<EventId, Problem> {
    Uuid::try_parse(id).map(EventId::from_uuid).map_err(Problem::internal)
}
