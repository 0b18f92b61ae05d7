//! The port `user-directory` on Postgres: the functions `identity.write_user` and `identity.erase_user`, and the table
//! `identity.users`.

mod parameter;

use parameter::{EventParameter, UserParameter};
use tradepost_ids::UserId;
use tradepost_kept_answer::{Claim, claim, find, kept_answer, of_port, parameters};
use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Directory;

    wit_bindgen::generate!({
        inline: "
            package tradepost:user-directory-postgres;

            world component {
                export tradepost:identity/user-directory@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });

    export!(Directory);
}

use ports::exports::tradepost::identity::user_directory::{
    Entry, Erasure, Guest, IdempotencyScope, LookupError, ReplayedAnswer, User, WriteError, Written,
};

const DATABASE: Database = Database::as_role("tradepost_identity");

/// From here an entry's events, at most 10, can be counted without leaving `bigint`.
const MOST_EXPECTED_VERSION: i64 = i64::MAX - 10;

struct Directory;

impl Guest for Directory {
    async fn write(entry: Entry) -> Result<Written, WriteError> {
        // A registration knows its own first run by the user's id, and a write under a key finds the first one's
        // answer. An edit without a key would find its own events and call that a conflict.
        let repeat =
            if entry.expected_version == 0 || entry.answer.is_some() { Repeat::Safe } else { Repeat::Never };
        let statement = concat!(
            "SELECT outcome, status, location, body,
                    CASE outcome WHEN 'written' THEN
                        identity.keep_password(($10::text::jsonb ->> 'id')::uuid, $15,
                                               ($10::text::jsonb ->> 'created_at')::bigint) IS NULL
                    END
             FROM identity.write_user($10::text::jsonb, $11, $12, $13::text::jsonb, $14, ",
            kept_answer!(),
            ")"
        );
        let row = match parameters_of(entry) {
            Ok(parameters) => DATABASE.query_optional(statement, parameters, repeat).await,
            Err(failure) => Err(failure),
        };
        let outcome =
            row.and_then(|row| outcome_of(row.ok_or_else(|| Failure::Other("no outcome".to_owned()))?));
        outcome.unwrap_or_else(|failure| match failure {
            Failure::Unavailable(reason) => Err(WriteError::Unavailable(reason)),
            failure => Err(WriteError::Other(failure.to_string())),
        })
    }

    async fn erase(erasure: Erasure) -> Result<bool, LookupError> {
        erased(erasure).await.map_err(lookup_error)
    }

    async fn find_answer(
        scope: IdempotencyScope,
        fingerprint: Vec<u8>,
    ) -> Result<Option<ReplayedAnswer>, LookupError> {
        answer_under(scope, fingerprint).await.map_err(lookup_error)
    }

    async fn find(id: String) -> Result<Option<User>, LookupError> {
        if Uuid::try_parse(&id).is_err() {
            return Ok(None);
        }
        row_of(id).await.map_err(lookup_error)
    }
}

fn lookup_error(failure: Failure) -> LookupError {
    match failure {
        Failure::Unavailable(reason) => LookupError::Unavailable(reason),
        failure => LookupError::Other(failure.to_string()),
    }
}

fn parameters_of(entry: Entry) -> Result<Vec<Parameter>, Failure> {
    let events = entry.events.iter().map(EventParameter::of).collect::<Result<Vec<_>, _>>().map_err(other)?;
    let user = UserParameter::of(&entry.user, &entry.email_key);
    let mut parameters = parameters(entry.answer.map(|answer| of_port!(answer)));
    parameters.extend([
        Parameter::Str(serde_json::to_string(&user).map_err(other)?),
        Parameter::Str(subject_of(&entry.user.id)?),
        Parameter::Int64(counted(entry.expected_version)),
        Parameter::Str(serde_json::to_string(&events).map_err(other)?),
        entry.traceparent.map_or(Parameter::DbNull, Parameter::Str),
        entry.password.map_or(Parameter::DbNull, Parameter::Str),
    ]);
    Ok(parameters)
}

/// No user has had so many events, so a version beyond which Postgres cannot count is in conflict like any other.
fn counted(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX).min(MOST_EXPECTED_VERSION)
}

/// The user as other contexts know it.
fn subject_of(id: &str) -> Result<String, Failure> {
    Ok(UserId::from_uuid(Uuid::try_parse(id).map_err(other)?).to_string())
}

fn outcome_of(mut row: Row) -> Result<Result<Written, WriteError>, Failure> {
    let outcome: String = row.take()?;
    match (claim(&outcome, &mut row)?, outcome.as_str()) {
        (Some(Claim::Replayed(answer)), _) => Ok(Ok(Written::Replayed(ReplayedAnswer {
            status: answer.status,
            location: answer.location,
            body: answer.body,
        }))),
        (Some(Claim::Reused), _) => Ok(Err(WriteError::KeyReused)),
        (None, "written") => Ok(Ok(Written::Done)),
        (None, "email_taken") => Ok(Err(WriteError::EmailTaken)),
        (None, "version_conflict") => Ok(Err(WriteError::VersionConflict)),
        (None, unknown) => Err(Failure::Other(format!("unknown outcome {unknown}"))),
    }
}

async fn erased(erasure: Erasure) -> Result<bool, Failure> {
    if Uuid::try_parse(&erasure.id).is_err() {
        return Ok(false);
    }
    let event = EventParameter::of(&erasure.event).map_err(other)?;
    let statement = "SELECT identity.erase_user($1, $2, $3, $4::text::jsonb, $5)";
    let parameters = vec![
        Parameter::Uuid(erasure.id.clone()),
        Parameter::Str(subject_of(&erasure.id)?),
        Parameter::Int64(counted(erasure.expected_version)),
        Parameter::Str(serde_json::to_string(&event).map_err(other)?),
        erasure.traceparent.map_or(Parameter::DbNull, Parameter::Str),
    ];
    let row = DATABASE.query_optional(statement, parameters, Repeat::Safe).await?;
    let outcome: String = row.ok_or_else(|| Failure::Other("no outcome".to_owned()))?.take()?;
    match outcome.as_str() {
        "erased" => Ok(true),
        "version_conflict" => Ok(false),
        unknown => Err(Failure::Other(format!("unknown outcome {unknown}"))),
    }
}

async fn answer_under(
    scope: IdempotencyScope,
    fingerprint: Vec<u8>,
) -> Result<Option<ReplayedAnswer>, Failure> {
    let IdempotencyScope { principal, method, path, key } = scope;
    let answer = find(DATABASE, "identity", [principal, method, path, key], fingerprint).await?;
    Ok(answer.map(|answer| ReplayedAnswer {
        status: answer.status,
        location: answer.location,
        body: answer.body,
    }))
}

async fn row_of(id: String) -> Result<Option<User>, Failure> {
    let statement = "
        SELECT id, name, email, (extract(epoch FROM created_at) * 1000000)::bigint,
               (extract(epoch FROM verified_at) * 1000000)::bigint, scopes, version
        FROM identity.users
        WHERE id = $1 AND erased_at IS NULL";
    let Some(mut row) = DATABASE.query_optional(statement, vec![Parameter::Uuid(id)], Repeat::Safe).await?
    else {
        return Ok(None);
    };
    Ok(Some(User {
        id: row.take()?,
        name: row.take()?,
        email: row.take()?,
        created_at: row.take()?,
        verified_at: row.take()?,
        scopes: row.take()?,
        version: row.take::<i64>()?.try_into().map_err(other)?,
    }))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn other(error: impl ToString) -> Failure {
    Failure::Other(error.to_string())
}
