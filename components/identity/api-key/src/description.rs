//! What `/api-keys/:key_id` is to those who call it.

use tradepost_ids::KeyId;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    let revoke = Operation::delete("revoke_api_key", "Revokes a key")
        .scope("keys:write")
        .answer(Answer::empty(204, "It is good no more."))
        .example(Example::new("revoked", 204, "The warehouse's key").after("list_api_keys.newest"));
    [Route::at("/api-keys/:key_id", "Identity").parameter::<KeyId>("key_id", "The key.").operation(revoke)]
}
