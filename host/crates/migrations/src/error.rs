//! Why a database could not be brought up to date.

use std::fmt::Write;

use refinery::Migration;
use refinery::error::Kind;
use tokio_postgres::error::{DbError, ErrorPosition};

use crate::file::file_name;

/// What stopped the migration. Migrations that were applied before it stay; the one named in it was rolled back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// A file's SQL failed.
    #[error("{file}{position} failed and was rolled back: {reason}")]
    Failed {
        /// Which file, as `migrations/<context>/NNNN_name.sql`.
        file: String,
        /// Where in it, such as `:12:5` (line and column), when the server says.
        position: String,
        /// What the server said.
        reason: String,
        /// The error itself.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// An applied file reads differently now.
    #[error(
        "{file} is not what was applied to this database: put the file back as it was and make the change in a new \
         migration"
    )]
    Changed {
        /// Which file.
        file: String,
    },

    /// The database is ahead of this program.
    #[error("{file} was applied to this database and this program has no such file: run the newer program")]
    Unknown {
        /// Which file.
        file: String,
    },

    /// A file was added before ones that have been applied.
    #[error("{file} comes before migrations that were applied already: give it a higher number")]
    OutOfOrder {
        /// Which file.
        file: String,
    },

    /// Two files have the same number.
    #[error("{file} has the number of another migration")]
    SameNumber {
        /// One of them.
        file: String,
    },

    /// A file's name is not of the form `NNNN_name.sql`.
    #[error("{file} should be called NNNN_name.sql, with letters, digits and underscores in its name")]
    Misnamed {
        /// Which file.
        file: String,
    },

    /// The database could not be asked.
    #[error("cannot {action}: {reason}")]
    Database {
        /// An infinitive.
        action: String,
        /// What it said.
        reason: String,
        /// The error itself.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl MigrationError {
    pub(crate) fn database(action: &str) -> impl FnOnce(tokio_postgres::Error) -> Self {
        let action = action.to_owned();
        move |source| Self::Database { action, reason: in_words(&source), source: Box::new(source) }
    }

    /// An error of `refinery` while it looked at the history of `context`.
    pub(crate) fn history(context: &str, error: refinery::Error) -> Self {
        match error.kind() {
            Kind::DivergentVersion(applied, _) => Self::Changed { file: file_name(context, applied) },
            // It calls missing both what only the database has and what only the files have.
            Kind::MissingVersion(migration) if migration.applied_on().is_some() => {
                Self::Unknown { file: file_name(context, migration) }
            }
            Kind::MissingVersion(migration) => Self::OutOfOrder { file: file_name(context, migration) },
            Kind::RepeatedVersion(migration) => Self::SameNumber { file: file_name(context, migration) },
            _ => Self::Database {
                action: format!("read the history of {context}'s migrations"),
                reason: database_error(&error).map_or_else(|| error.to_string(), in_words),
                source: Box::new(error),
            },
        }
    }

    /// An error of `refinery` while it applied `migration`.
    pub(crate) fn applying(context: &str, migration: &Migration, error: refinery::Error) -> Self {
        let Some(cause) = database_error(&error) else { return Self::history(context, error) };
        Self::Failed {
            file: file_name(context, migration),
            position: cause
                .as_db_error()
                .and_then(DbError::position)
                .and_then(|position| match position {
                    ErrorPosition::Original(character) => Some(line_and_column(migration.sql()?, *character)),
                    // Inside a statement that a function made up: its text is in the reason.
                    ErrorPosition::Internal { .. } => None,
                })
                .unwrap_or_default(),
            reason: in_words(cause),
            source: Box::new(error),
        }
    }
}

fn database_error(error: &refinery::Error) -> Option<&tokio_postgres::Error> {
    match error.kind() {
        Kind::Connection(_, source) => source.downcast_ref(),
        _ => None,
    }
}

/// `tokio_postgres::Error` says only `db error` and leaves the server's words to its source.
fn in_words(error: &tokio_postgres::Error) -> String {
    let Some(refusal) = error.as_db_error() else {
        return std::error::Error::source(error)
            .map_or(error.to_string(), |cause| format!("{error}: {cause}"));
    };
    let mut words = format!("{} (SQLSTATE {})", refusal.message(), refusal.code().code());
    for (label, more) in [("detail", refusal.detail()), ("hint", refusal.hint()), ("where", refusal.where_())]
    {
        if let Some(more) = more {
            // Writing to a string cannot fail.
            let _ = write!(words, "; {label}: {more}");
        }
    }
    words
}

/// `:line:column` of the server's position, a character count from 1.
fn line_and_column(sql: &str, character: u32) -> String {
    let before: String = sql.chars().take((character as usize).saturating_sub(1)).collect();
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|character| *character != '\n').count() + 1;
    format!(":{line}:{column}")
}

#[cfg(test)]
mod tests {
    use super::line_and_column;

    #[test]
    fn a_position_counts_characters_and_not_bytes() {
        let sql = "-- é\nSELECT 1;\n  oops";
        for (character, expected) in [(1, ":1:1"), (6, ":2:1"), (18, ":3:3"), (1000, ":3:7")] {
            assert_eq!(line_and_column(sql, character), expected);
        }
    }
}
