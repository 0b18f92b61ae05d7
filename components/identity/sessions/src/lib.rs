//! `POST /sessions`: a user logs in. `DELETE /sessions`: he logs out of the session that his token is of.

mod hashing;
mod keys;
mod login;

use tradepost_endpoint::{Admitted, Principal, Reply, endpoint, identified, now, open};
use tradepost_problem::Problem;
use tradepost_session_desk::{port, session_problem, show_end, telling};

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-sessions;

            world component {
                import tradepost:identity/password-hashing@0.1.0;
                import tradepost:platform/nudge@0.1.0;
            }
        ",
        path: ["../../../wit/identity", "../../../wit/platform"],
        generate_all,
    });
}

endpoint! {
    "/sessions";
    POST (open()) => login::log_in,
    DELETE (identified().after_key_value()) => log_out,
}

async fn log_out(request: &Admitted) -> Result<Reply, Problem> {
    let Principal::User { id, session: Some(session), .. } = request.principal() else {
        return Err(Problem::forbidden("Only the access token of a session can end it"));
    };
    let session = session.to_string();
    let has_ended =
        port::end(session.clone(), id.as_uuid().to_string(), now().as_micros(), telling(request)).await;
    if has_ended.map_err(session_problem)? {
        show_end(request, session).await;
        tradepost_relay_kick::after_response();
    }
    // One that is not there any more has expired, and is as well ended.
    Ok(Reply::no_content())
}
