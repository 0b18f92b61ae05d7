//! What `/dead-letters` is to those who call it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tradepost_ids::LetterId;
use tradepost_timestamp::Timestamp;

use crate::{Example, Operation, Route};

/// An event that its consumer did not take, however often it was tried.
#[derive(Serialize, JsonSchema)]
struct DeadLetter {
    /// The letter's id.
    id: LetterId,
    /// Who did not take it.
    consumer: String,
    /// How often it was tried.
    attempts: u32,
    /// What the consumer said last.
    error: String,
    /// When it was given up.
    set_aside_at: Timestamp,
    /// How many later events of its key wait behind it.
    waiting: u32,
    /// The event, as `/events` shows it.
    event: Value,
}

/// The id of a component.
#[derive(JsonSchema)]
#[schemars(inline)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Consumer(#[schemars(length(min = 1, max = 255))] String);

pub(crate) fn routes() -> [Route; 1] {
    let list = Operation::get("list_dead_letters", "Lists what was set aside, and why")
        .text("Newest first.")
        .scope("events:read")
        .query::<Consumer>("consumer", "Only what this consumer did not take.")
        .list::<LetterId, DeadLetter>("A page of dead letters.")
        .first_leads("letter_id")
        .example(
            Example::new("poisoned", 200, "An event that no consumer can read")
                .with("consumer", "inventory-stock-openings")
                .keeps("letter_id", "/data/items/0/id"),
        );
    [Route::at("/dead-letters", "Messaging").operation(list)]
}
