//! The port `key-set-views` on the key-value store: the key `identity:signing-keys`, which the gateway reads too.

use tradepost_kept_store::{self as store, Failure};

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Views;

    wit_bindgen::generate!({
        inline: "
            package tradepost:key-set-views-key-value;

            world component {
                export tradepost:identity/key-set-views@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });

    export!(Views);
}

use ports::exports::tradepost::identity::key_set_views::{Guest, ViewError};

const KEY: &str = "identity:signing-keys";

struct Views;

impl Guest for Views {
    async fn get() -> Result<Option<Vec<u8>>, ViewError> {
        store::get(KEY).await.map_err(view_error)
    }

    async fn put(key_set: Vec<u8>) -> Result<(), ViewError> {
        store::set(KEY, &key_set).await.map_err(view_error)
    }
}

fn view_error(failure: Failure) -> ViewError {
    match failure {
        Failure::Unavailable(reason) => ViewError::Unavailable(reason),
        Failure::Other(reason) => ViewError::Other(reason),
    }
}
