//! The port `api-key-views` on the key-value store, as the gateway reads it.
//!
//! `api-key:<SHA-256 of the key>` is the entry, as JSON; `api-key:<SHA-256 of the key>:revoked` is there when the key was
//! revoked. The store has no compare-and-swap, and so needs none. `api-key-use:<the key's id>` is when the key was last used,
//! in microseconds, as decimal digits; the gateway writes it.

use futures::future::try_join_all;
use serde::Serialize;
use tradepost_kept_store::{self as store, Failure};

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Views;

    wit_bindgen::generate!({
        inline: "
            package tradepost:api-key-views-key-value;

            world component {
                export tradepost:identity/api-key-views@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });

    export!(Views);
}

use ports::exports::tradepost::identity::api_key_views::{Entry, Guest, ViewError};

/// How many digits a digest has.
const DIGEST_DIGITS: usize = 64;

/// For how many keys it is asked at once.
const MOST_IDS: usize = 100;

struct Views;

/// What is stored of a key.
#[derive(Serialize)]
struct Stored {
    id: String,
    scopes: String,
}

impl Guest for Views {
    async fn put(digest: String, entry: Entry) -> Result<(), ViewError> {
        let is_digest = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if digest.len() != DIGEST_DIGITS || !digest.bytes().all(is_digest) {
            return Err(ViewError::Other("this is no digest".to_owned()));
        }
        let key = format!("api-key:{digest}");
        if entry.revoked {
            store::set(&format!("{key}:revoked"), b"").await.map_err(view_error)?;
        }
        let stored = Stored { id: entry.id, scopes: entry.scopes };
        let stored = serde_json::to_vec(&stored).map_err(|error| ViewError::Other(error.to_string()))?;
        store::set(&key, &stored).await.map_err(view_error)
    }

    async fn last_uses(ids: Vec<String>) -> Result<Vec<Option<i64>>, ViewError> {
        if ids.len() > MOST_IDS {
            return Err(ViewError::Other(format!("for at most {MOST_IDS} keys at once")));
        }
        let uses = ids.iter().map(async |id| store::get(&format!("api-key-use:{id}")).await);
        let uses = try_join_all(uses).await.map_err(view_error)?;
        Ok(uses.into_iter().map(|used| std::str::from_utf8(&used?).ok()?.parse().ok()).collect())
    }
}

fn view_error(failure: Failure) -> ViewError {
    match failure {
        Failure::Unavailable(reason) => ViewError::Unavailable(reason),
        Failure::Other(reason) => ViewError::Other(reason),
    }
}
