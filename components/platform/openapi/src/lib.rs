//! `GET /openapi.json`: the description of the API, as `crates/api-description` makes it.
//!
//! The file is committed and embedded, because what makes it knows every type of the product and is 20 times as large; a
//! test keeps the two the same.

use tradepost_endpoint::{Admitted, Reply, endpoint, open};
use tradepost_problem::Problem;

endpoint! {
    "/openapi.json";
    GET (open()) => description,
}

const DESCRIPTION: &str = include_str!("../../../../docs/openapi.json");

/// The media type of OpenAPI documents in JSON is not registered yet; tools expect this one.
const MEDIA_TYPE: &str = "application/json";

async fn description(request: &Admitted) -> Result<Reply, Problem> {
    let reply = if request.has(ETAG) {
        Reply::not_modified(ETAG)
    } else {
        Reply::document(MEDIA_TYPE, DESCRIPTION.as_bytes().to_vec()).header("etag", ETAG)
    };
    // Asked for again with its tag each time, so that a new release is seen at once.
    Ok(reply.header("cache-control", "public, no-cache"))
}

/// Strong: another description has other bytes, and so another tag.
const ETAG: &str = env!("DESCRIPTION_ETAG");
