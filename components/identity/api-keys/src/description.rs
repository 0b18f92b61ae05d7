//! What `/api-keys` is to those who call it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use tradepost_identity::{ApiKey, NewApiKey};
use tradepost_ids::KeyId;
use tradepost_problem::Code;

use crate::{Answer, Example, Operation, Route};

/// A key that was made.
#[derive(Serialize, JsonSchema)]
struct MadeApiKey {
    /// As it will be listed.
    #[serde(flatten)]
    api_key: ApiKey,
    /// The key itself, shown this once; `null` in an answer that is repeated.
    key: Option<String>,
}

pub(crate) fn routes() -> [Route; 1] {
    let make = Operation::post("create_api_key", "Makes a key for a program")
        .text("It may do no more than whoever makes it. Keys are made by people, not by keys.")
        .scope("keys:write")
        .body::<NewApiKey>()
        .answer(Answer::json::<MadeApiKey>(201, "The key.").headers(&["Location"]).leads("key_id", "/data/id"))
        .idempotent()
        .example(
            Example::new("made", 201, "A key for a warehouse")
                .json(json!({ "name": "Warehouse", "scopes": ["stock:read", "stock:write"] }))
                .keeps("key_id", "/data/id"),
        );
    let list = Operation::get("list_api_keys", "Lists the keys that are good")
        .text("Newest first.")
        .scope("keys:write")
        .list::<KeyId, ApiKey>("A page of keys.")
        .example(Example::new("newest", 200, "The newest").with("limit", "1").after("create_api_key.made"));
    [Route::at("/api-keys", "Identity").operation(make.problems(&[Code::Conflict])).operation(list)]
}
