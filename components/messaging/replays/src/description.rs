//! What `/events/replays` is to those who call it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tradepost_timestamp::Timestamp;

use crate::{Answer, Example, Operation, Route};

/// Which events which consumer gets once more.
#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct ReplayRequest {
    /// The consumer's id.
    consumer: String,
    /// Types that it is subscribed to.
    #[schemars(length(min = 1, max = 100))]
    types: Vec<String>,
    /// Only what happened then or later.
    from: Option<Timestamp>,
    /// Only what happened before.
    to: Option<Timestamp>,
    /// Where an earlier answer said to go on.
    #[schemars(range(min = 0))]
    position: Option<i64>,
}

/// What was done.
#[derive(Serialize, JsonSchema)]
struct Replayed {
    /// How many events go out once more.
    replayed: u64,
    /// Where the next request goes on; `null` when nothing is left.
    position: Option<i64>,
}

pub(crate) fn routes() -> [Route; 1] {
    let create = Operation::post("replay_events", "Has logged events delivered to a consumer once more")
        .text(
            "A consumer takes what it has had already without effect; a projection makes its views again. Under an \
             `Idempotency-Key` one request replays at most 1,000 events.",
        )
        .scope("events:write")
        .body::<ReplayRequest>()
        .answer(Answer::json::<Replayed>(202, "They are on their way."))
        .idempotent()
        .example(
            Example::new("products", 202, "The views of products are made again")
                .json(json!({
                    "consumer": "catalog-product-views",
                    "types": ["tradepost.catalog.product-created.v1"],
                    "to": "2026-01-01T00:00:00Z",
                }))
                .after("adjust_stock.delivery"),
        )
        .example(
            Example::new("nobody", 400, "A consumer that there is not")
                .json(json!({ "consumer": "nobody", "types": ["tradepost.catalog.product-created.v1"] })),
        );
    [Route::at("/events/replays", "Messaging").operation(create)]
}
