//! `POST /password-resets`: whoever has forgotten his password has a token sent to his address.
//!
//! The answer is the same and comes as fast whether anybody has the address or not, because it is sent before anybody
//! looks. What goes wrong afterwards is in the log; whoever gets no mail asks again.

use tradepost_chance::random_bytes;
use tradepost_endpoint::{Admitted, Reply, endpoint, fresh_uuid, now, open, spawn_after_response};
use tradepost_identity::{PASSWORD_RESET_LIFETIME, ResetWish, token_digest, token_text};
use tradepost_problem::Problem;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-password-resets;

            world component {
                import tradepost:identity/one-time-tokens@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use ports::tradepost::identity::one_time_tokens::{Addressee, Purpose, Token, send};

endpoint! {
    "/password-resets";
    POST (open()) => ask,
}

async fn ask(request: &Admitted) -> Result<Reply, Problem> {
    let ResetWish { email } = ResetWish::read(&request.json()?)?;
    let text = token_text(&random_bytes());
    let now = now();
    let token = Token {
        purpose: Purpose::PasswordReset,
        digest: token_digest(&text).to_vec(),
        text,
        message_id: fresh_uuid().to_string(),
        expires_at: now.saturating_add(PASSWORD_RESET_LIFETIME).as_micros(),
    };
    let request_id = request.request_id().to_owned();
    spawn_after_response(async move {
        // Whether anybody has the address is in no log either.
        if let Err(error) = send(token, Addressee::EmailKey(email.key()), now.as_micros()).await {
            eprintln!("{request_id} no token was sent: {error:?}");
        }
    });
    Reply::accepted(&serde_json::json!({"status": "accepted"}))
}
