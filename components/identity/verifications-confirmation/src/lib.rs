//! `POST /verifications/confirmation`: whoever has got the token shows by it that mail reaches him.

use tradepost_endpoint::{
    Admitted, Idempotency, Reply, endpoint, fresh_uuid, idempotency_of, key_reused, now, open,
};
use tradepost_identity::{EmailAddress, User, VerificationWish, token_digest, token_not_good};
use tradepost_ids::UserId;
use tradepost_problem::{Code, Problem};
use tradepost_user_directory as directory;
use uuid::Uuid;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:identity-verifications-confirmation;

            world component {
                import tradepost:identity/one-time-tokens@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });
}

use ports::tradepost::identity::one_time_tokens::{
    self as tokens, Purpose, TokenError, Verification, Verified,
};

endpoint! {
    "/verifications/confirmation";
    POST (open()) => confirm,
}

/// How often it is tried when others keep editing the user at the same time.
const MOST_ATTEMPTS: u32 = 5;

async fn confirm(request: &Admitted) -> Result<Reply, Problem> {
    let body = request.json()?;
    let VerificationWish { token } = VerificationWish::read(&body)?;
    let idempotency = request.idempotency(&body)?;
    let digest = token_digest(&token).to_vec();
    for _ in 0..MOST_ATTEMPTS {
        let id = tokens::bearer(digest.clone(), Purpose::EmailVerification, now().as_micros()).await;
        let Some(id) = id.map_err(token_problem)? else { return done_before(idempotency).await };
        let id = UserId::from_uuid(Uuid::try_parse(&id).map_err(Problem::internal)?);
        let user = directory::find(id).await?.ok_or_else(not_good)?;
        let verification = verification_of(request, user, digest.clone(), idempotency.clone())?;
        // A token is not sent to an address that is verified, nor outlives another one: its twin has used it meanwhile.
        let Some(verification) = verification else { return done_before(idempotency).await };
        match tokens::verify(verification).await.map_err(token_problem)? {
            Verified::Done => {
                tradepost_relay_kick::after_response();
                return Ok(Reply::no_content());
            }
            Verified::UsedBefore => return Ok(Reply::no_content().given_before()),
            Verified::KeyReused => return Err(key_reused()),
            // What has changed meanwhile is found the next time.
            Verified::UnknownToken | Verified::VersionConflict => {}
        }
    }
    Err(Problem::new(Code::Conflict, "Others keep changing this user at the same time; try again"))
}

/// The answer when the token is not good: that this request came before may be the reason.
async fn done_before(idempotency: Option<Idempotency>) -> Result<Reply, Problem> {
    let Some(idempotency) = idempotency else { return Err(not_good()) };
    let tokens::Idempotency { scope, fingerprint, .. } = idempotency_of!(tokens, idempotency);
    match tokens::used_before(scope, fingerprint).await.map_err(token_problem)? {
        Some(_) => Ok(Reply::no_content().given_before()),
        None => Err(not_good()),
    }
}

/// What is written of the user once his address is verified; `None` when it is already.
fn verification_of(
    request: &Admitted,
    user: User,
    digest: Vec<u8>,
    idempotency: Option<Idempotency>,
) -> Result<Option<Verification>, Problem> {
    let (expected_version, now) = (user.version, now());
    let (user, event) = user.verified(now);
    let Some(event) = event else { return Ok(None) };
    Ok(Some(Verification {
        digest,
        id: user.id.as_uuid().to_string(),
        email_key: user.email.parse::<EmailAddress>().map_err(|_| unreadable_address())?.key(),
        name: user.name,
        email: user.email,
        created_at: user.created_at.as_micros(),
        verified_at: now.as_micros(),
        scopes: user.scopes.to_string(),
        expected_version,
        event_id: fresh_uuid().to_string(),
        event_type: event.event_type().to_owned(),
        event_data: event.to_data_json()?,
        traceparent: Some(request.traceparent().into()),
        idempotency: idempotency.map(|idempotency| idempotency_of!(tokens, idempotency)),
    }))
}

/// The rules for addresses have only ever become wider.
fn unreadable_address() -> Problem {
    Problem::internal("a user's address is none")
}

fn not_good() -> Problem {
    Problem::validation(token_not_good())
}

fn token_problem(error: TokenError) -> Problem {
    match error {
        TokenError::Unavailable(cause) => Problem::unavailable(cause),
        TokenError::Other(cause) => Problem::internal(cause),
    }
}
