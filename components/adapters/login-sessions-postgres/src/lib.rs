//! The port `login-sessions` on Postgres: the functions of `migrations/identity/0002_sessions.sql`.

use serde::Serialize;
use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Sessions;

    wit_bindgen::generate!({
        inline: "
            package tradepost:login-sessions-postgres;

            world component {
                export tradepost:identity/login-sessions@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });

    export!(Sessions);
}

use ports::exports::tradepost::identity::login_sessions::{
    Account, Attempt, AttemptError, Beginning, Guest, LiveSession, NewSession, Refreshed, SessionError,
    Telling,
};

const DATABASE: Database = Database::as_role("tradepost_identity");

/// The most of each kind that one statement throws away.
const MOST: u32 = 10_000;

struct Sessions;

/// What `identity.start_session` takes.
#[derive(Serialize)]
struct SessionParameter<'a> {
    id: &'a str,
    user_id: &'a str,
    scopes: &'a str,
    phc: &'a str,
    digest: String,
    expires_at: i64,
}

impl Guest for Sessions {
    async fn try_login(email_key: String, address: String, at: i64) -> Result<Attempt, AttemptError> {
        let statement = "SELECT retry_after, user_id, scopes, phc, seed FROM identity.try_login($1, $2, $3)";
        let parameters = vec![Parameter::Str(email_key), Parameter::Str(address), Parameter::Int64(at)];
        // A second run counts twice, which is no more than unkind.
        let row = one(DATABASE.query_optional(statement, parameters, Repeat::Safe).await);
        match row.and_then(attempt) {
            Ok(attempt) => attempt,
            Err(Failure::Unavailable(reason)) => Err(AttemptError::Unavailable(reason)),
            Err(failure) => Err(AttemptError::Other(failure.to_string())),
        }
    }

    async fn start(
        session: NewSession,
        email_key: String,
        address: String,
        at: i64,
    ) -> Result<Beginning, SessionError> {
        let parameter = SessionParameter {
            id: &session.id,
            user_id: &session.account.user_id,
            scopes: &session.account.scopes,
            phc: &session.account.phc,
            digest: hex::encode(&session.digest),
            expires_at: session.expires_at,
        };
        let session =
            serde_json::to_string(&parameter).map_err(|error| SessionError::Other(error.to_string()))?;
        let statement = "SELECT outcome, created_at FROM identity.start_session($1::text::jsonb, $2, $3, $4)";
        let parameters = vec![
            Parameter::Str(session),
            Parameter::Str(email_key),
            Parameter::Str(address),
            Parameter::Int64(at),
        ];
        // A second run finds the session of the first one by its id.
        let row = one(DATABASE.query_optional(statement, parameters, Repeat::Safe).await);
        row.and_then(begun).map_err(session_error)
    }

    async fn refresh(
        digest: Vec<u8>,
        new_digest: Vec<u8>,
        at: i64,
        telling: Telling,
    ) -> Result<Refreshed, SessionError> {
        let statement = "SELECT outcome, session_id, user_id, scopes, seed, issued_at, again
                         FROM identity.refresh_session($1, $2, $3, $4, $5)";
        let parameters = vec![
            Parameter::Binary(digest),
            Parameter::Binary(new_digest),
            Parameter::Int64(at),
            Parameter::Uuid(telling.event_id),
            telling.traceparent.map_or(Parameter::DbNull, Parameter::Str),
        ];
        // A second run knows the new token of the first one.
        let row = one(DATABASE.query_optional(statement, parameters, Repeat::Safe).await);
        row.and_then(refreshed).map_err(session_error)
    }

    async fn end(id: String, user_id: String, at: i64, telling: Telling) -> Result<bool, SessionError> {
        if Uuid::try_parse(&id).is_err() || Uuid::try_parse(&user_id).is_err() {
            return Ok(false);
        }
        let statement = "SELECT identity.end_session($1, $2, $3, $4, $5)";
        let parameters = vec![
            Parameter::Uuid(id),
            Parameter::Uuid(user_id),
            Parameter::Int64(at),
            Parameter::Uuid(telling.event_id),
            telling.traceparent.map_or(Parameter::DbNull, Parameter::Str),
        ];
        // What has ended has ended.
        let row = one(DATABASE.query_optional(statement, parameters, Repeat::Safe).await);
        row.and_then(|mut row| row.take()).map_err(session_error)
    }

    async fn signing_seed(at: i64) -> Result<Option<Vec<u8>>, SessionError> {
        let statement = "SELECT identity.signing_seed($1)";
        let row = one(DATABASE.query_optional(statement, vec![Parameter::Int64(at)], Repeat::Safe).await);
        row.and_then(|mut row| row.take()).map_err(session_error)
    }

    async fn long_ended(at: i64, most: u32) -> Result<Vec<String>, SessionError> {
        let statement = "SELECT identity.long_ended_sessions($1, $2)";
        let parameters = vec![Parameter::Int64(at), Parameter::Int32(at_most(most)?)];
        let rows = DATABASE.query(statement, parameters, Repeat::Safe).await.map_err(session_error)?;
        rows.into_iter().map(|mut row| row.take().map_err(session_error)).collect()
    }

    async fn forget(ids: Vec<String>) -> Result<(), SessionError> {
        let ids = serde_json::to_string(&ids).map_err(|error| SessionError::Other(error.to_string()))?;
        let statement = "SELECT identity.forget_sessions($1::text::jsonb)";
        let done = DATABASE.execute(statement, vec![Parameter::Str(ids)], Repeat::Safe).await;
        done.map(|_| ()).map_err(session_error)
    }

    async fn expire(at: i64, most: u32) -> Result<u64, SessionError> {
        let statement = "SELECT identity.expire_sessions($1, $2)";
        let parameters = vec![Parameter::Int64(at), Parameter::Int32(at_most(most)?)];
        let row = one(DATABASE.query_optional(statement, parameters, Repeat::Safe).await);
        let count: i64 = row.and_then(|mut row| row.take()).map_err(session_error)?;
        u64::try_from(count).map_err(|error| SessionError::Other(error.to_string()))
    }
}

fn at_most(most: u32) -> Result<i32, SessionError> {
    i32::try_from(most.min(MOST)).map_err(|error| SessionError::Other(error.to_string()))
}

/// The row of a function that always returns one.
fn one(row: Result<Option<Row>, Failure>) -> Result<Row, Failure> {
    row?.ok_or_else(|| Failure::Other("no outcome".to_owned()))
}

fn attempt(mut row: Row) -> Result<Result<Attempt, AttemptError>, Failure> {
    if let Some(seconds) = row.take::<Option<i32>>()? {
        return Ok(Err(AttemptError::Throttled(seconds.unsigned_abs())));
    }
    let (user_id, scopes, phc): (Option<String>, Option<String>, Option<String>) =
        (row.take()?, row.take()?, row.take()?);
    let account = match (user_id, scopes, phc) {
        (Some(user_id), Some(scopes), Some(phc)) => Some(Account { user_id, scopes, phc }),
        _ => None,
    };
    Ok(Ok(Attempt { account, seed: row.take()? }))
}

fn begun(mut row: Row) -> Result<Beginning, Failure> {
    match row.take::<String>()?.as_str() {
        "started" => Ok(Beginning::Begun(row.take()?)),
        "changed" => Ok(Beginning::Changed),
        other => Err(Failure::Other(format!("unknown outcome {other:?}"))),
    }
}

fn refreshed(mut row: Row) -> Result<Refreshed, Failure> {
    let outcome: String = row.take()?;
    let id: Option<String> = row.take()?;
    match (outcome.as_str(), id) {
        ("refreshed", Some(id)) => Ok(Refreshed::Exchanged(LiveSession {
            id,
            user_id: row.take()?,
            scopes: row.take()?,
            seed: row.take()?,
            issued_at: row.take()?,
            again: row.take()?,
        })),
        ("unknown", None) => Ok(Refreshed::Unknown),
        ("unknown", Some(id)) => Ok(Refreshed::Ended(id)),
        ("reused", Some(id)) => Ok(Refreshed::Reused(id)),
        (other, _) => Err(Failure::Other(format!("unknown outcome {other:?}"))),
    }
}

fn session_error(failure: Failure) -> SessionError {
    match failure {
        Failure::Unavailable(reason) => SessionError::Unavailable(reason),
        failure => SessionError::Other(failure.to_string()),
    }
}
