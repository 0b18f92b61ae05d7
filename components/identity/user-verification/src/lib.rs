//! `POST /users/:user_id/verification`: a user has a token sent to his address, by which he shows that mail reaches him.

use serde_json::json;
use tradepost_chance::random_bytes;
use tradepost_endpoint::{Admitted, Principal, Reply, Scope, endpoint, fresh_uuid, identified, now};
use tradepost_identity::{VERIFICATION_LIFETIME, token_digest, token_text};
use tradepost_ids::UserId;
use tradepost_problem::Problem;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-user-verification;

            world component {
                import tradepost:identity/one-time-tokens@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use ports::tradepost::identity::one_time_tokens::{Addressee, Purpose, Sending, Token, TokenError, send};

endpoint! {
    "/users/:user_id/verification";
    POST (identified().without_body()) => ask,
}

async fn ask(request: &Admitted) -> Result<Reply, Problem> {
    let id: UserId =
        request.path_parameter("user_id").and_then(|id| id.parse().ok()).ok_or_else(user_not_found)?;
    let may_ask = request.principal().may(Scope::UsersWrite)
        || matches!(request.principal(), Principal::User { id: own, .. } if own == id);
    if !may_ask {
        return Err(user_not_found());
    }
    let text = token_text(&random_bytes());
    let now = now();
    let token = Token {
        purpose: Purpose::EmailVerification,
        digest: token_digest(&text).to_vec(),
        text,
        message_id: fresh_uuid().to_string(),
        expires_at: now.saturating_add(VERIFICATION_LIFETIME).as_micros(),
    };
    let sent = send(token, Addressee::Id(id.as_uuid().to_string()), now.as_micros()).await;
    match sent {
        // One that was sent a moment ago is as good.
        Ok(Sending::Sent | Sending::TooSoon) => Reply::accepted(&json!({"status": "sent"})),
        Ok(Sending::Verified) => Reply::ok(&json!({"status": "verified"})),
        Ok(Sending::Absent) => Err(user_not_found()),
        Err(TokenError::Unavailable(cause)) => Err(Problem::unavailable(cause)),
        Err(TokenError::Other(cause)) => Err(Problem::internal(cause)),
    }
}

fn user_not_found() -> Problem {
    Problem::not_found("User not found")
}
