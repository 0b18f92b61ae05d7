//! The port `one-time-tokens` on Postgres: the functions `identity.send_token`, `identity.bearer_of_token`,
//! `identity.reset_password` and `identity.verify_address`.

use serde_json::{Value, json};
use tradepost_ids::UserId;
use tradepost_kept_answer::{Claim, claim, find, kept_answer, of_key, parameters};
use tradepost_postgres::{Database, Failure, FromColumn, Parameter, Repeat};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Tokens;

    wit_bindgen::generate!({
        inline: "
            package tradepost:one-time-tokens-postgres;

            world component {
                export tradepost:identity/one-time-tokens@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });

    export!(Tokens);
}

use ports::exports::tradepost::identity::one_time_tokens::{
    Addressee, Guest, IdempotencyScope, Purpose, Reset, ResetOutcome, Sending, Token, TokenError, Used,
    Verification, Verified,
};

const DATABASE: Database = Database::as_role("tradepost_identity");

/// From here one event can be counted without leaving `bigint`.
const MOST_EXPECTED_VERSION: i64 = i64::MAX - 1;

struct Tokens;

impl Guest for Tokens {
    async fn send(token: Token, addressee: Addressee, now: i64) -> Result<Sending, TokenError> {
        sent(token, addressee, now).await.map_err(token_error)
    }

    async fn bearer(digest: Vec<u8>, purpose: Purpose, now: i64) -> Result<Option<String>, TokenError> {
        let statement = "SELECT identity.bearer_of_token($1, $2, $3)";
        let parameters = vec![
            Parameter::Binary(digest),
            Parameter::Str(name_of(purpose).to_owned()),
            Parameter::Int64(now),
        ];
        value(statement, parameters).await.map_err(token_error)
    }

    async fn reset_password(reset: Reset) -> Result<ResetOutcome, TokenError> {
        was_reset(reset).await.map_err(token_error)
    }

    async fn verify(verification: Verification) -> Result<Verified, TokenError> {
        verified(verification).await.map_err(token_error)
    }

    async fn used_before(scope: IdempotencyScope, fingerprint: Vec<u8>) -> Result<Option<Used>, TokenError> {
        let IdempotencyScope { principal, method, path, key } = scope;
        let answer = find(DATABASE, "identity", [principal, method, path, key], fingerprint).await;
        answer.and_then(|answer| answer.map(|answer| used(answer.body)).transpose()).map_err(token_error)
    }
}

/// The only column of the only row of a statement that may run twice.
async fn value<T: FromColumn>(statement: &str, parameters: Vec<Parameter>) -> Result<T, Failure> {
    let row = DATABASE.query_optional(statement, parameters, Repeat::Safe).await?;
    row.ok_or_else(no_outcome)?.take()
}

fn no_outcome() -> Failure {
    Failure::Other("no outcome".to_owned())
}

/// How a token may be used. A second run would find that it has been used up, and only a key tells by whom.
fn repeat_under(key: bool) -> Repeat {
    if key { Repeat::Safe } else { Repeat::Never }
}

async fn sent(token: Token, addressee: Addressee, now: i64) -> Result<Sending, Failure> {
    let parameter = json!({
        "purpose": name_of(token.purpose),
        "token": token.text,
        "digest": hex::encode(&token.digest),
        "message_id": token.message_id,
        "expires_at": token.expires_at,
    });
    let (id, email_key) = match addressee {
        Addressee::Id(id) if Uuid::try_parse(&id).is_err() => return Ok(Sending::Absent),
        Addressee::Id(id) => (Parameter::Uuid(id), Parameter::DbNull),
        Addressee::EmailKey(key) => (Parameter::DbNull, Parameter::Str(key)),
    };
    let statement = "SELECT identity.send_token($1, $2, $3::text::jsonb, $4)";
    let parameters = vec![id, email_key, Parameter::Str(parameter.to_string()), Parameter::Int64(now)];
    // A second run finds that it was just sent.
    let outcome: String = value(statement, parameters).await?;
    match outcome.as_str() {
        "sent" => Ok(Sending::Sent),
        "absent" => Ok(Sending::Absent),
        "verified" => Ok(Sending::Verified),
        "too_soon" => Ok(Sending::TooSoon),
        unknown => Err(unknown_outcome(unknown)),
    }
}

async fn was_reset(reset: Reset) -> Result<ResetOutcome, Failure> {
    let statement = concat!(
        "SELECT outcome, ended::text[], status, location, body
         FROM identity.reset_password($10, $11, $12, $13, $14, ",
        kept_answer!(),
        ")"
    );
    let repeat = repeat_under(reset.idempotency.is_some());
    let mut parameters = parameters(reset.idempotency.map(|idempotency| of_key!(idempotency, 204)));
    parameters.extend([
        Parameter::Binary(reset.digest),
        Parameter::Str(reset.phc),
        Parameter::Int64(reset.at),
        Parameter::Uuid(reset.event_id),
        reset.traceparent.map_or(Parameter::DbNull, Parameter::Str),
    ]);
    let mut row = DATABASE.query_optional(statement, parameters, repeat).await?.ok_or_else(no_outcome)?;
    let (outcome, ended): (String, Option<Vec<String>>) = (row.take()?, row.take()?);
    match (claim(&outcome, &mut row)?, outcome.as_str()) {
        (Some(Claim::Replayed(kept)), _) => Ok(ResetOutcome::UsedBefore(used(kept.body)?)),
        (Some(Claim::Reused), _) => Ok(ResetOutcome::KeyReused),
        (None, "done") => Ok(ResetOutcome::Done(ended.unwrap_or_default())),
        (None, "unknown_token") => Ok(ResetOutcome::UnknownToken),
        (None, unknown) => Err(unknown_outcome(unknown)),
    }
}

/// What is kept in place of a body: the hash that was set, or nothing.
fn used(kept: Vec<u8>) -> Result<Used, Failure> {
    let phc = String::from_utf8(kept).map_err(|error| Failure::Other(error.utf8_error().to_string()))?;
    Ok(Used { phc: Some(phc).filter(|phc| !phc.is_empty()) })
}

fn unknown_outcome(outcome: &str) -> Failure {
    Failure::Other(format!("unknown outcome {outcome}"))
}

async fn verified(verification: Verification) -> Result<Verified, Failure> {
    let id = Uuid::try_parse(&verification.id).map_err(|error| Failure::Other(error.to_string()))?;
    let data: Value =
        serde_json::from_str(&verification.event_data).map_err(|error| Failure::Other(error.to_string()))?;
    let user = json!({
        "id": verification.id,
        "name": verification.name,
        "email": verification.email,
        "email_key": verification.email_key,
        "created_at": verification.created_at,
        "verified_at": verification.verified_at,
        "scopes": verification.scopes,
    });
    let events = json!([{
        "id": verification.event_id,
        "type": verification.event_type,
        "data": data,
        "occurred_at": verification.verified_at,
    }]);
    let version = i64::try_from(verification.expected_version).unwrap_or(i64::MAX).min(MOST_EXPECTED_VERSION);
    let statement = concat!(
        "SELECT outcome, status, location, body
         FROM identity.verify_address($10, $11::text::jsonb, $12, $13, $14::text::jsonb, $15, $16, ",
        kept_answer!(),
        ")"
    );
    let repeat = repeat_under(verification.idempotency.is_some());
    let mut parameters = parameters(verification.idempotency.map(|idempotency| of_key!(idempotency, 204)));
    parameters.extend([
        Parameter::Binary(verification.digest),
        Parameter::Str(user.to_string()),
        Parameter::Str(UserId::from_uuid(id).to_string()),
        Parameter::Int64(version),
        Parameter::Str(events.to_string()),
        verification.traceparent.map_or(Parameter::DbNull, Parameter::Str),
        Parameter::Int64(verification.verified_at),
    ]);
    let mut row = DATABASE.query_optional(statement, parameters, repeat).await?.ok_or_else(no_outcome)?;
    let outcome: String = row.take()?;
    match (claim(&outcome, &mut row)?, outcome.as_str()) {
        (Some(Claim::Replayed(_)), _) => Ok(Verified::UsedBefore),
        (Some(Claim::Reused), _) => Ok(Verified::KeyReused),
        (None, "written") => Ok(Verified::Done),
        (None, "version_conflict") => Ok(Verified::VersionConflict),
        (None, "unknown_token") => Ok(Verified::UnknownToken),
        (None, unknown) => Err(unknown_outcome(unknown)),
    }
}

/// As the table spells it.
fn name_of(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::PasswordReset => "password-reset",
        Purpose::EmailVerification => "email-verification",
    }
}

fn token_error(failure: Failure) -> TokenError {
    match failure {
        Failure::Unavailable(reason) => TokenError::Unavailable(reason),
        failure => TokenError::Other(failure.to_string()),
    }
}
