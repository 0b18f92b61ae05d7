//! The port `session-views` on the key-value store: the key `session:<id>:ended` is there when the session has ended.

use futures::future::try_join_all;
use tradepost_kept_store::{self as store, Failure};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Views;

    wit_bindgen::generate!({
        inline: "
            package tradepost:session-views-key-value;

            world component {
                export tradepost:identity/session-views@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });

    export!(Views);
}

use ports::exports::tradepost::identity::session_views::{Guest, ViewError};

/// That the key is there says all.
const ENDED: &[u8] = b"ended";

struct Views;

impl Guest for Views {
    async fn end(session_ids: Vec<String>) -> Result<(), ViewError> {
        let keys = keys(&session_ids)?;
        // All at once: a store that makes every write durable makes those durable together that wait together.
        try_join_all(keys.iter().map(async |key| store::set(key, ENDED).await)).await.map_err(view_error)?;
        Ok(())
    }

    async fn forget(session_ids: Vec<String>) -> Result<(), ViewError> {
        let keys = keys(&session_ids)?;
        try_join_all(keys.iter().map(async |key| store::delete(key).await)).await.map_err(view_error)?;
        Ok(())
    }
}

fn keys(session_ids: &[String]) -> Result<Vec<String>, ViewError> {
    let key = |id: &String| Uuid::try_parse(id).map(|id| format!("session:{}:ended", id.hyphenated()));
    session_ids
        .iter()
        .map(key)
        .collect::<Result<_, _>>()
        .map_err(|_| ViewError::Other("this is no session's id".to_owned()))
}

fn view_error(failure: Failure) -> ViewError {
    match failure {
        Failure::Unavailable(reason) => ViewError::Unavailable(reason),
        Failure::Other(reason) => ViewError::Other(reason),
    }
}
