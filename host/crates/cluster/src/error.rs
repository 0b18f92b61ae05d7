//! What can go wrong with a private cluster, each with what to do about it.

use std::io;
use std::path::PathBuf;

/// Why the cluster cannot do what was asked. The text is for the person at the terminal and says what to do next;
/// it never holds the password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// The Postgres programs were not found.
    #[error(
        "no Postgres {wanted} found (looked in {looked}){download}: install Debian's `postgresql` package or your \
         system's equal, or set DATABASE_URL to use a server that runs already"
    )]
    NoBinaries {
        /// Which version would do.
        wanted: String,
        /// Where they were looked for.
        looked: String,
        /// What came of fetching them: empty, or a clause that begins with a comma.
        download: String,
    },

    /// A file or directory of the cluster is out of reach.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// An infinitive, such as `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },

    /// A program could not be run.
    #[error(
        "cannot run {} as user {user}: {source}; set DATABASE_URL to use a server that runs already",
        program.display()
    )]
    Program {
        /// The program.
        program: PathBuf,
        /// The user it was to run as.
        user: String,
        /// What the system said.
        source: io::Error,
    },

    /// Root cannot run Postgres, and there is no other account to run it as.
    #[error(
        "Postgres refuses to run as root, and neither a user `postgres` nor a user `nobody` can be used ({reason}): \
         add one, run as an ordinary user, or set DATABASE_URL"
    )]
    NoAccount {
        /// What the system said.
        reason: String,
    },

    /// The account that Postgres runs as cannot get at any directory tried.
    #[error(
        "Postgres runs as user {user} (it refuses to run as root), who can reach neither {} nor {}: name a data \
         directory whose parents {user} may enter (chmod o+x), or set DATABASE_URL",
        asked.display(), fallback.display()
    )]
    Unreachable {
        /// The account.
        user: String,
        /// Where the caller wanted the data.
        asked: PathBuf,
        /// Where it was tried instead.
        fallback: PathBuf,
    },

    /// A throw-away cluster was asked for in a directory that holds something.
    #[error("{} is not empty: a throw-away cluster deletes its directory at the end, so it wants a new one", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },

    /// `initdb` failed.
    #[error("initdb could not create the database cluster in {}: {output}", path.display())]
    Initdb {
        /// The directory.
        path: PathBuf,
        /// What it wrote.
        output: String,
    },

    /// The data is there and its password is not.
    #[error(
        "{} is missing, and without it nobody gets into the database beside it: restore it, or move {} away to start \
         with an empty database",
        path.display(), data.display()
    )]
    NoPassword {
        /// The file that should hold it.
        path: PathBuf,
        /// The data directory.
        data: PathBuf,
    },

    /// The server ended while it started.
    #[error("Postgres did not start: {tail} (the whole log is {})", log.display())]
    Start {
        /// The end of its log.
        tail: String,
        /// Its log.
        log: PathBuf,
    },

    /// The server did not become ready, or did not end, in time.
    #[error("Postgres was not {state} after {seconds} s; its log is {}", log.display())]
    Slow {
        /// `ready` or `stopped`.
        state: &'static str,
        /// How long was waited.
        seconds: u64,
        /// Its log.
        log: PathBuf,
    },

    /// A server has the data directory and does not answer.
    #[error(
        "process {pid} is a Postgres server on {} that does not answer with the password kept there: stop it with \
         `kill -INT {pid}` and try again",
        data.display()
    )]
    Occupied {
        /// Its process id.
        pid: i32,
        /// The data directory.
        data: PathBuf,
    },

    /// The server refused a request.
    #[error("cannot {action}: {}", in_words(source))]
    Database {
        /// An infinitive with its object.
        action: String,
        /// What it said.
        source: tokio_postgres::Error,
    },

    /// The system gave no random bytes for a password.
    #[error("the system gave no random bytes: {0}")]
    Random(String),

    /// The work was given up because the runtime shuts down.
    #[error("given up because the program is ending")]
    Interrupted,
}

impl ClusterError {
    pub(crate) fn file(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }

    pub(crate) fn database(action: impl Into<String>) -> impl FnOnce(tokio_postgres::Error) -> Self {
        let action = action.into();
        move |source| Self::Database { action, source }
    }
}

/// `tokio_postgres::Error` says only `db error` and leaves the server's words to its source.
fn in_words(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(refusal) => format!("{} (SQLSTATE {})", refusal.message(), refusal.code().code()),
        None => {
            std::error::Error::source(error).map_or(error.to_string(), |cause| format!("{error}: {cause}"))
        }
    }
}
