//! What can go wrong with a statement, sorted by what the caller can do about it.

use std::fmt;

use spin_sdk::pg::{DbError, PgError, QueryError};

/// Why a statement did not succeed. No text here holds an address or a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The database did not answer, or turned the statement away for a reason that passes. Unless the reason says
    /// otherwise, what became of the statement is unknown.
    Unavailable(String),
    /// A constraint said no (SQLSTATE class 23). The statement had no effect.
    Constraint {
        /// Such as `23505`, a unique violation.
        sqlstate: String,
        /// The constraint's name; empty where Postgres gives none.
        constraint: String,
        /// The statement was sent a second time, because the first connection broke: the constraint may have been
        /// violated by the statement's own first run.
        repeated: bool,
    },
    /// Anything else: for the log.
    Other(String),
}

impl Failure {
    /// A failure to decode what the database sent.
    pub(crate) fn decoding(expected: &str) -> Self {
        Self::Other(format!("a column is not {expected}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(reason) => write!(f, "the database is unavailable: {reason}"),
            Self::Constraint { sqlstate, constraint, .. } => write!(f, "{sqlstate}: constraint {constraint}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

/// What a host's error means, and whether the connection it came from can still be used.
pub(crate) struct Verdict {
    pub(crate) failure: Failure,
    pub(crate) connection_lost: bool,
}

impl Verdict {
    fn lost(reason: impl Into<String>) -> Self {
        Self { failure: Failure::Unavailable(reason.into()), connection_lost: true }
    }

    fn kept(failure: Failure) -> Self {
        Self { failure, connection_lost: false }
    }
}

/// Judges an error of a statement.
pub(crate) fn of_statement(error: PgError) -> Verdict {
    match error {
        PgError::QueryFailed(QueryError::DbError(error)) => of_database(error),
        PgError::QueryFailed(QueryError::Text(text)) if says_connection_lost(&text) => {
            Verdict::lost("the connection broke")
        }
        PgError::QueryFailed(QueryError::Text(text)) => {
            Verdict::kept(Failure::Other(format!("the statement failed: {text}")))
        }
        PgError::ConnectionFailed(text) => Verdict::lost(why_no_connection(&text)),
        PgError::BadParameter(text) => {
            Verdict::kept(Failure::Other(format!("a parameter was refused: {text}")))
        }
        PgError::ValueConversionFailed(text) => {
            Verdict::kept(Failure::Other(format!("a value could not be converted: {text}")))
        }
        PgError::Other(_) => Verdict::lost("the host could not reach the database"),
    }
}

/// Judges a value that the SDK could not read.
pub(crate) fn undecodable(text: String) -> Verdict {
    Verdict::kept(Failure::Other(text))
}

/// Judges an error of opening a connection: whatever it is, there is none.
///
/// The host's text is searched and never passed on. Hosts make it from the address, and an address may hold a
/// password.
pub(crate) fn of_opening(error: &PgError) -> Failure {
    let reason = match error {
        PgError::ConnectionFailed(text) => why_no_connection(text),
        _ => "no connection",
    };
    Failure::Unavailable(reason.to_owned())
}

fn why_no_connection(text: &str) -> &'static str {
    const REASONS: &[(&str, &str)] = &[
        ("not permitted", "the manifest's allowed_outbound_hosts does not list its address"),
        ("permission denied to set role", "its login may not take the context's role; has it been migrated?"),
        ("role", "a role is missing; has it been migrated?"),
        ("password", "it refuses the login"),
        ("too many", "it has no connection left"),
        ("does not exist", "there is no such database"),
        ("starting up", "it is starting"),
        ("shutting down", "it is shutting down"),
    ];
    REASONS.iter().find(|(sign, _)| text.contains(sign)).map_or("no connection", |(_, reason)| reason)
}

/// What the host's Postgres client says when the connection broke. It keeps saying so for as long as the
/// connection is used; only a new one helps.
fn says_connection_lost(text: &str) -> bool {
    ["kind: Closed", "kind: Io", "connection closed", "Connection reset", "Broken pipe"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// SQLSTATEs: Postgres documentation, appendix A.
fn of_database(error: DbError) -> Verdict {
    let DbError { code, message, extras, .. } = error;
    match code.as_bytes() {
        [b'2', b'3', ..] => {
            let constraint = extras
                .into_iter()
                .find(|(name, _)| name == "constraint")
                .map(|(_, value)| value)
                .unwrap_or_default();
            Verdict::kept(Failure::Constraint { sqlstate: code, constraint, repeated: false })
        }
        // Connection exceptions; the server is going down, coming up, or has thrown the session out.
        [b'0', b'8', ..] => Verdict::lost("the connection broke"),
        b"57P01" | b"57P02" | b"57P03" | b"57P04" | b"57P05" => Verdict::lost("the server ended the session"),
        // After a failover the old primary takes no writes; a new connection finds the new one.
        b"25006" => Verdict::lost("the server is read-only"),
        // Out of disk, memory or connections.
        [b'5', b'3', ..] => Verdict::kept(Failure::Unavailable(format!("the server is exhausted ({code})"))),
        b"57014" => {
            Verdict::kept(Failure::Unavailable("the statement took too long; it had no effect".to_owned()))
        }
        b"40001" | b"40P01" | b"55P03" => {
            Verdict::kept(Failure::Unavailable(format!("another statement was in the way ({code})")))
        }
        _ => Verdict::kept(Failure::Other(format!("{code}: {message}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, of_opening, of_statement};
    use spin_sdk::pg::{DbError, PgError, QueryError};

    fn database_error(code: &str) -> PgError {
        PgError::QueryFailed(QueryError::DbError(DbError {
            as_text: "as text".to_owned(),
            severity: "ERROR".to_owned(),
            code: code.to_owned(),
            message: "the message".to_owned(),
            detail: Some("Key (email_key)=(first@example.com) already exists.".to_owned()),
            extras: vec![
                ("table".to_owned(), "users".to_owned()),
                ("constraint".to_owned(), "users_email_key_key".to_owned()),
            ],
        }))
    }

    #[test]
    fn a_violated_constraint_is_named() {
        assert_eq!(
            of_statement(database_error("23505")).failure,
            Failure::Constraint {
                sqlstate: "23505".to_owned(),
                constraint: "users_email_key_key".to_owned(),
                repeated: false
            }
        );
    }

    #[test]
    fn what_passes_is_unavailable_and_a_lost_connection_is_given_up() {
        for (code, connection_lost) in [
            ("08006", true),
            ("57P01", true),
            ("57P03", true),
            ("25006", true),
            ("53300", false),
            ("53100", false),
            ("57014", false),
            ("40001", false),
            ("40P01", false),
        ] {
            let verdict = of_statement(database_error(code));
            assert!(matches!(verdict.failure, Failure::Unavailable(_)), "{code}");
            assert_eq!(verdict.connection_lost, connection_lost, "{code}");
        }
        for text in
            ["Error { kind: Closed, cause: None }", "Error { kind: Io, cause: Some(Os { code: 104 }) }"]
        {
            let verdict = of_statement(PgError::QueryFailed(QueryError::Text(text.to_owned())));
            assert!(verdict.connection_lost, "{text}");
        }
    }

    #[test]
    fn a_fault_of_ours_is_for_the_log() {
        for code in ["42P01", "42501", "22P02", "XX000"] {
            let verdict = of_statement(database_error(code));
            assert_eq!(verdict.failure, Failure::Other(format!("{code}: the message")));
            assert!(!verdict.connection_lost);
        }
    }

    #[test]
    fn no_text_about_a_connection_is_passed_on() {
        let text =
            "error connecting to postgres://me:secret@db.example:5432/shop: password authentication failed";
        for failure in [
            of_opening(&PgError::ConnectionFailed(text.to_owned())),
            of_opening(&PgError::Other(text.to_owned())),
            of_statement(PgError::ConnectionFailed(text.to_owned())).failure,
            of_statement(PgError::Other(text.to_owned())).failure,
        ] {
            let shown = format!("{failure} {failure:?}");
            assert!(!shown.contains("secret") && !shown.contains("db.example"), "{shown}");
        }
    }
}
