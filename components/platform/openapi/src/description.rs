//! What `/openapi.json` is to those who call it.

use serde_json::Value;

use crate::{Answer, Example, Operation, Route};

pub(crate) fn routes() -> [Route; 1] {
    let description = Operation::get("get_description", "Gives this description")
        .header::<String>("If-None-Match", false, "The `ETag` of the description that is there already: 304 if it is still good.")
        .answer(Answer::bare::<Value>(200, "application/json", "The description, in OpenAPI 3.1.").headers(&["ETag"]))
        .answer(Answer::empty(304, "It has not changed.").headers(&["ETag"]))
        .example(Example::new("whole", 200, "The description").keeps("description_etag", "etag"))
        .example(Example::new("unchanged", 304, "Once more").with("If-None-Match", "$description_etag"));
    [Route::at("/openapi.json", "Platform").operation(description)]
}
