//! What `/events` is to those who call it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tradepost_ids::EventId;
use tradepost_timestamp::Timestamp;

use crate::{Example, Operation, Route};

/// An event of the log: CloudEvents with an id of our own and a plain number.
#[derive(Serialize, JsonSchema)]
struct LoggedEvent {
    /// The event's id.
    id: EventId,
    /// The context that published it: `/ordering`.
    source: String,
    /// What happened, with the version of the payload's shape: `tradepost.ordering.order-placed.v2`.
    r#type: String,
    /// What it happened to.
    subject: String,
    /// When.
    time: Timestamp,
    /// Its place among the events of its subject, from 1 without gaps.
    sequence: u64,
    /// Events of one key are delivered in order.
    partitionkey: String,
    /// W3C trace context of the request that caused it.
    traceparent: Option<String>,
    /// The payload; `docs/events` has its schema.
    data: Value,
}

/// The contexts that publish events.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Context {
    Catalog,
    Inventory,
    Ordering,
    Payment,
}

/// A type or a subject.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Attribute(#[schemars(length(min = 1, max = 255))] String);

pub(crate) fn routes() -> [Route; 1] {
    let list = Operation::get("list_events", "Follows the log of all events")
        .text(
            "Oldest first, so whoever follows it goes on with `starting_after` the last one it has. An id that is not in \
             the log is refused.",
        )
        .scope("events:read")
        .query::<Attribute>("type", "Only events of this type.")
        .query::<Attribute>("subject", "Only what happened to this.")
        .query::<Context>("context", "Only what this context published.")
        .list::<EventId, LoggedEvent>("A page of events.")
        .example(
            Example::new("of_a_product", 200, "The first that happened to a product")
                .with("subject", "$product_id")
                .with("limit", "1")
                .after("adjust_stock.delivery")
                .keeps("event_id", "/data/items/0/id"),
        )
        .example(
            Example::new("from_elsewhere", 400, "An event that is not in the log")
                .with("starting_after", "event_01h455vb4pex5vsknk084sn02q"),
        );
    [Route::at("/events", "Messaging").operation(list)]
}
