//! What opening a connection or running a statement can fail with: the cases of `spin:postgres`.

use std::error::Error as _;

/// An error as a guest sees it. No case carries a password or a parameter's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no connection: the address is wrong, the server is away or full, the login was refused.
    #[error("connection failed: {0}")]
    ConnectionFailed(String),
    /// A parameter of a query is not what its case says, for example a `uuid` that is none.
    #[error("bad parameter: {0}")]
    BadParameter(String),
    /// The statement failed, or its fate is unknown because the connection broke.
    #[error("query failed: {0}")]
    QueryFailed(QueryError),
    /// A parameter of an executed command is not what its case says. Spin tells queries and commands apart here.
    #[error("value conversion failed: {0}")]
    ValueConversionFailed(String),
    /// Anything else, for a log line.
    #[error("{0}")]
    Other(String),
}

/// How a statement failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The client refused it or lost the connection. A lost connection's text contains `kind: Closed`, as on Spin.
    #[error("{0}")]
    Text(String),
    /// The server refused it.
    #[error("{} ({})", .0.message, .0.code)]
    Db(Box<DbError>),
}

/// The server's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DbError {
    /// All of it as one string.
    pub as_text: String,
    /// `ERROR`, `FATAL` or `PANIC`, possibly in the server's language.
    pub severity: String,
    /// The SQLSTATE, five characters (Postgres documentation, appendix A).
    pub code: String,
    /// What happened, possibly in the server's language.
    pub message: String,
    /// More about it. May quote values of the row concerned.
    pub detail: Option<String>,
    /// Other fields that the server sent: `column`, `constraint`, `routine`, `hint`, `table`, `datatype`, `schema`,
    /// `file`, `line`, `where_`.
    pub extras: Vec<(String, String)>,
}

impl Error {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::QueryFailed(QueryError::Text(text.into()))
    }

    /// The transaction or session state of a lease went with its connection. The text is shaped like the driver's,
    /// because guests recognise a lost connection by it.
    pub(crate) fn lost() -> Self {
        Self::text(
            "Error { kind: Closed, cause: Some(\"this connection was lost with what it held; open another\") }",
        )
    }

    pub(crate) fn over_limit(bytes: usize) -> Self {
        Self::text(format!("query result exceeds limit of {bytes} bytes"))
    }
}

impl From<&tokio_postgres::Error> for Error {
    fn from(error: &tokio_postgres::Error) -> Self {
        let as_text = format!("{error:?}");
        Self::QueryFailed(match error.as_db_error() {
            None => QueryError::Text(as_text),
            Some(db) => QueryError::Db(Box::new(DbError {
                as_text,
                severity: db.severity().to_owned(),
                code: db.code().code().to_owned(),
                message: db.message().to_owned(),
                detail: db.detail().map(str::to_owned),
                extras: extras(db),
            })),
        })
    }
}

fn extras(db: &tokio_postgres::error::DbError) -> Vec<(String, String)> {
    let line = db.line().map(|line| line.to_string());
    [
        ("column", db.column()),
        ("constraint", db.constraint()),
        ("routine", db.routine()),
        ("hint", db.hint()),
        ("table", db.table()),
        ("datatype", db.datatype()),
        ("schema", db.schema()),
        ("file", db.file()),
        ("line", line.as_deref()),
        ("where_", db.where_()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
    .collect()
}

/// An error and its causes on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// The driver's error of connecting, without its own words where the cause says it better.
pub(crate) fn why_not_connected(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(db), _) => format!("{} ({})", db.message(), db.code().code()),
        (None, Some(cause)) => chain(cause),
        (None, None) => error.to_string(),
    }
}
