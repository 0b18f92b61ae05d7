//! `GET /.well-known/jwks.json`: the keys by which anybody can verify an access token (RFC 7517, section 5).

use tradepost_endpoint::{Admitted, Reply, endpoint, open};
use tradepost_problem::Problem;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-jwks;

            world component {
                import tradepost:identity/key-set-views@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use ports::tradepost::identity::key_set_views::{self as views, ViewError};

/// Until somebody logs in for the first time there is no key.
const NONE_YET: &[u8] = br#"{"keys":[]}"#;

endpoint! {
    "/.well-known/jwks.json";
    GET (open().after_key_value()) => show,
}

/// The document itself, without the envelope: others have said what it looks like.
async fn show(_: &Admitted) -> Result<Reply, Problem> {
    let key_set = views::get().await.map_err(|error| match error {
        ViewError::Unavailable(cause) => Problem::unavailable(cause),
        ViewError::Other(cause) => Problem::internal(cause),
    })?;
    Ok(Reply::enveloped(200, key_set.unwrap_or_else(|| NONE_YET.to_vec())))
}
