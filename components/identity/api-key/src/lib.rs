//! `DELETE /api-keys/:key_id`: a key is good no more.

use tradepost_endpoint::{Admitted, Reply, Scope, endpoint, fresh_uuid, now, staff};
use tradepost_ids::KeyId;
use tradepost_problem::Problem;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-api-key;

            world component {
                import tradepost:identity/api-keys@0.1.0;
                import tradepost:identity/api-key-views@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use ports::tradepost::identity::api_key_views::{self as views, Entry};
use ports::tradepost::identity::api_keys::{self as port, Revocation, RevocationError, Revoked};

endpoint! {
    "/api-keys/:key_id";
    DELETE (staff(Scope::KeysWrite).after_key_value()) => revoke,
}

async fn revoke(request: &Admitted) -> Result<Reply, Problem> {
    let id: KeyId = request
        .path_parameter("key_id")
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| Problem::not_found("API key not found"))?;
    let revocation = Revocation {
        id: id.as_uuid().to_string(),
        event_id: fresh_uuid().to_string(),
        occurred_at: now().as_micros(),
        traceparent: Some(request.traceparent().into()),
    };
    let revoked = port::revoke(revocation).await.map_err(|error| match error {
        RevocationError::Unavailable(cause) => Problem::unavailable(cause),
        RevocationError::Other(cause) => Problem::internal(cause),
    })?;
    let revoked = revoked.ok_or_else(|| Problem::not_found("API key not found"))?;
    tradepost_relay_kick::after_response();
    shown(request, id, revoked).await;
    Ok(Reply::no_content())
}

/// The gateway learns it now, and not only when the projection has heard of it.
async fn shown(request: &Admitted, id: KeyId, revoked: Revoked) {
    let entry = Entry { id: id.to_string(), scopes: revoked.scopes, revoked: true };
    if let Err(error) = views::put(hex::encode(revoked.digest), entry).await {
        request.log(format_args!("the view of {id} was not written: {error:?}"));
    }
}
