//! The answer that a command keeps under an idempotency key, as its Postgres adapter hands it to the statement.
//!
//! Every context has a copy of the same table and functions (`migrations/idempotency/`); this is their other end.
//! The nine fields are a statement's first nine parameters, so that [`kept_answer!`] can stand for them in its text:
//!
//! ```ignore
//! let statement = concat!("SELECT outcome FROM catalog.add_product($10, ", kept_answer!(), ")");
//! let parameters = parameters(answer.map(|answer| of_port!(answer)));
//! ```

use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};

/// An answer to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// Who may replay it.
    pub principal: String,
    /// The request's method.
    pub method: String,
    /// The request's path.
    pub path: String,
    /// The idempotency key.
    pub key: String,
    /// SHA-256 of the canonical request body.
    pub fingerprint: Vec<u8>,
    /// The answer's status.
    pub status: u16,
    /// Value of its `location` header, if it has one.
    pub location: Option<String>,
    /// Its body, byte for byte.
    pub body: Vec<u8>,
    /// Until when it is kept, in microseconds since 1970-01-01T00:00:00Z.
    pub expires_at: i64,
}

/// An answer that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayedAnswer {
    /// Its status.
    pub status: u16,
    /// Value of its `location` header, if it has one.
    pub location: Option<String>,
    /// Its body, byte for byte.
    pub body: Vec<u8>,
}

/// What an idempotency key had to say before the command came to its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It was used before with the same fingerprint; this was the answer.
    Replayed(ReplayedAnswer),
    /// It was used before with another fingerprint.
    Reused,
}

/// The parameters 1 to 9 as one value of the type `idempotency.kept_answer`.
#[macro_export]
macro_rules! kept_answer {
    () => {
        "ROW($1::text, $2::text, $3::text, $4::text, $5::bytea, $6::integer, $7::text, $8::bytea, $9::bigint)\
         ::idempotency.kept_answer"
    };
}

/// A port's `kept-answer`, whose Rust type is each adapter's own, as a [`KeptAnswer`].
#[macro_export]
macro_rules! of_port {
    ($answer:expr) => {{
        let answer = $answer;
        $crate::KeptAnswer {
            principal: answer.scope.principal,
            method: answer.scope.method,
            path: answer.scope.path,
            key: answer.scope.key,
            fingerprint: answer.fingerprint,
            status: answer.status,
            location: answer.location,
            body: answer.body,
            expires_at: answer.expires_at,
        }
    }};
}

/// A port's `idempotency`, whose Rust type is each adapter's own, as a [`KeptAnswer`] of this status. What there is to
/// answer only the statement knows, which puts it in the place of the body.
#[macro_export]
macro_rules! of_key {
    ($idempotency:expr, $status:expr) => {{
        let idempotency = $idempotency;
        $crate::KeptAnswer {
            principal: idempotency.scope.principal,
            method: idempotency.scope.method,
            path: idempotency.scope.path,
            key: idempotency.scope.key,
            fingerprint: idempotency.fingerprint,
            status: $status,
            location: None,
            body: Vec::new(),
            expires_at: idempotency.expires_at,
        }
    }};
}

/// The first nine parameters of a command's statement. Without an answer they are all NULL.
pub fn parameters(answer: Option<KeptAnswer>) -> Vec<Parameter> {
    let Some(answer) = answer else { return vec![Parameter::DbNull; 9] };
    vec![
        Parameter::Str(answer.principal),
        Parameter::Str(answer.method),
        Parameter::Str(answer.path),
        Parameter::Str(answer.key),
        Parameter::Binary(answer.fingerprint),
        Parameter::Int32(answer.status.into()),
        answer.location.map_or(Parameter::DbNull, Parameter::Str),
        Parameter::Binary(answer.body),
        Parameter::Int64(answer.expires_at),
    ]
}

/// The answer that `context` keeps under a key for this fingerprint; `None` when the key is unused, has expired or was
/// used with another fingerprint. `scope` is the principal, the method, the path and the key.
pub async fn find(
    database: Database,
    context: &'static str,
    scope: [String; 4],
    fingerprint: Vec<u8>,
) -> Result<Option<ReplayedAnswer>, Failure> {
    let statement = format!(
        "SELECT status::integer, location, body
         FROM {context}.idempotency_keys
         WHERE principal = $1 AND method = $2 AND path = $3 AND key = $4 AND fingerprint = $5
           AND expires_at > clock_timestamp()"
    );
    let mut parameters: Vec<_> = scope.into_iter().map(Parameter::Str).collect();
    parameters.push(Parameter::Binary(fingerprint));
    let Some(mut row) = database.query_optional(&statement, parameters, Repeat::Safe).await? else {
        return Ok(None);
    };
    Ok(Some(ReplayedAnswer { status: status_of(row.take()?)?, location: row.take()?, body: row.take()? }))
}

fn status_of(status: Option<i32>) -> Result<u16, Failure> {
    status
        .and_then(|status| u16::try_from(status).ok())
        .ok_or_else(|| Failure::Other("a kept answer has no status".to_owned()))
}

/// Reads the outcomes `replayed` and `key_reused`; `None` is any other outcome, which is the caller's.
///
/// `row`'s next columns are `status`, `location` and `body`; they are taken in any case.
pub fn claim(outcome: &str, row: &mut Row) -> Result<Option<Claim>, Failure> {
    let (status, location, body): (Option<i32>, _, Option<Vec<u8>>) = (row.take()?, row.take()?, row.take()?);
    match outcome {
        "replayed" => {
            let status = status_of(status)?;
            Ok(Some(Claim::Replayed(ReplayedAnswer { status, location, body: body.unwrap_or_default() })))
        }
        "key_reused" => Ok(Some(Claim::Reused)),
        _ => Ok(None),
    }
}
