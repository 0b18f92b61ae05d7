//! `GET /orders/:order_id/events`: what happened to an order, when, and who did it.

use serde::Serialize;
use tradepost_endpoint::{Admitted, Reply, admin, endpoint};
use tradepost_ids::{EventId, OrderId};
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
    // Until people can log in, there is nobody who could be shown their own.
    GET (admin()) => list,
}

/// A stream is short: it comes whole.
#[derive(Serialize)]
struct AuditTrail {
    items: Vec<AuditItem>,
    has_more: bool,
}

async fn list(request: &Admitted) -> Result<Reply, Problem> {
    let id: OrderId =
        request.path_parameter("order_id").and_then(|id| id.parse().ok()).ok_or_else(order_not_found)?;
    let events = order_journal::load(id.as_uuid().to_string()).await.map_err(|error| match error {
        LoadError::Unavailable(cause) => Problem::unavailable(cause),
        LoadError::Other(cause) => Problem::internal(cause),
    })?;
    if events.is_empty() {
        return Err(order_not_found());
    }

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

/// A malformed id is the id of nothing.
fn order_not_found() -> Problem {
    Problem::not_found("Order not found")
}
