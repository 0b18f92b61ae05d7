//! How an adapter talks to Postgres: one kept connection an instance, one statement a call, failures sorted by
//! what the caller can do.
//!
//! A connection is opened by the first call of an instance and shared by the instance's concurrent requests; the
//! host pipelines their statements. That is safe only because every call is a single statement, which is a
//! transaction of its own: a `BEGIN` here would put the statements of strangers between it and its `COMMIT`, and
//! a guest that traps inside it would leave an open transaction to whoever gets the connection next.

mod address;
mod failure;
mod part;
mod row;

use std::cell::RefCell;
use std::rc::Rc;

use spin_sdk::pg::Connection;
use spin_sdk::variables;
// `Complete(0)` never ends a stream of rows; only `Dropped` does.
use spin_sdk::wit_bindgen::StreamResult;

pub use failure::Failure;
pub use part::Part;
pub use row::{FromColumn, Row};
pub use spin_sdk::pg::ParameterValue as Parameter;

use failure::Verdict;

/// Name of the variable that holds the database's address, a URL or `key=value` pairs.
const ADDRESS_VARIABLE: &str = "database_url";

/// Whether a statement may be sent once more when its connection broke and nobody knows whether it ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Running it twice is the same as running it once: a read, or a write under an idempotency key, or one whose
    /// second run a constraint turns away in a way that the caller can tell.
    Safe,
    /// The caller must be told instead.
    Never,
}

/// The database, as a context's role.
#[derive(Debug, Clone, Copy)]
pub struct Database {
    role: &'static str,
}

thread_local! {
    /// The instance's connection. Concurrent first calls may each open one; the last to be kept stays, the others
    /// close with their statement.
    static KEPT: RefCell<Option<Rc<Connection>>> = const { RefCell::new(None) };
}

impl Database {
    /// The database at the address in the variable `database_url`, with the rights of `role`. One component uses
    /// one role: the kept connection is the component's.
    pub const fn as_role(role: &'static str) -> Self {
        Self { role }
    }

    /// Runs a statement whose rows, if it has any, do not matter; the number of rows it touched.
    pub async fn execute(
        self,
        statement: &str,
        parameters: Vec<Parameter>,
        repeat: Repeat,
    ) -> Result<u64, Failure> {
        self.run(parameters, repeat, async |connection: &Connection, parameters: Vec<Parameter>| {
            connection.execute(statement, parameters).await.map_err(verdict)
        })
        .await
    }

    /// Runs a statement and returns its rows, all of them: what is asked here is bounded by the statement.
    pub async fn query(
        self,
        statement: &str,
        parameters: Vec<Parameter>,
        repeat: Repeat,
    ) -> Result<Vec<Row>, Failure> {
        self.run(parameters, repeat, async |connection: &Connection, parameters: Vec<Parameter>| {
            let mut answer = connection.query(statement, parameters).await.map_err(verdict)?;
            let mut rows = Vec::new();
            loop {
                // Room for all rows of the usual answer, so that one read brings them.
                let (result, batch) = answer.rows().read(Vec::with_capacity(16)).await;
                rows.extend(batch.into_iter().map(Row::new));
                if !matches!(result, StreamResult::Complete(_)) {
                    break;
                }
            }
            // The stream ends without a word when the statement fails half-way; the error is here.
            answer.result().await.map_err(verdict)?;
            Ok(rows)
        })
        .await
    }

    /// Runs a statement and returns its first row.
    pub async fn query_optional(
        self,
        statement: &str,
        parameters: Vec<Parameter>,
        repeat: Repeat,
    ) -> Result<Option<Row>, Failure> {
        Ok(self.query(statement, parameters, repeat).await?.into_iter().next())
    }

    async fn run<T>(
        self,
        parameters: Vec<Parameter>,
        repeat: Repeat,
        statement: impl AsyncFn(&Connection, Vec<Parameter>) -> Result<T, Verdict>,
    ) -> Result<T, Failure> {
        let (connection, freshly_opened) = self.connection().await?;
        // A connection that was opened for this very statement and broke at once is no stale one: the database is
        // away, and asking a third time would only make the caller wait.
        let spare = (repeat == Repeat::Safe && !freshly_opened).then(|| parameters.clone());
        let verdict = match statement(&connection, parameters).await {
            Ok(answer) => return Ok(answer),
            Err(verdict) => verdict,
        };
        if !verdict.connection_lost {
            return Err(verdict.failure);
        }
        forget(&connection);
        drop(connection);
        let Some(parameters) = spare else { return Err(verdict.failure) };

        let (connection, _) = self.connection().await?;
        match statement(&connection, parameters).await {
            Ok(answer) => Ok(answer),
            Err(Verdict { failure: Failure::Constraint { sqlstate, constraint, .. }, .. }) => {
                Err(Failure::Constraint { sqlstate, constraint, repeated: true })
            }
            Err(verdict) => {
                if verdict.connection_lost {
                    forget(&connection);
                }
                Err(verdict.failure)
            }
        }
    }

    /// The kept connection, or a new one; whether it is new.
    async fn connection(self) -> Result<(Rc<Connection>, bool), Failure> {
        if let Some(kept) = KEPT.with_borrow(Option::clone) {
            return Ok((kept, false));
        }
        let address = variables::get(ADDRESS_VARIABLE)
            .await
            .map_err(|_| Failure::Unavailable("the variable database_url is not set".to_owned()))?;
        if address.trim().is_empty() {
            return Err(Failure::Unavailable("the variable database_url is empty".to_owned()));
        }
        let opened = Connection::open(address::with_role(&address, self.role)).await.map_err(|error| {
            match error {
                spin_sdk::pg::Error::PgError(error) => failure::of_opening(&error),
                // Opening decodes nothing.
                spin_sdk::pg::Error::Decode(_) => Failure::Unavailable("no connection".to_owned()),
            }
        })?;
        let opened = Rc::new(opened);
        KEPT.set(Some(Rc::clone(&opened)));
        Ok((opened, true))
    }
}

/// Gives a broken connection up, unless another request has replaced it already.
fn forget(broken: &Rc<Connection>) {
    KEPT.with_borrow_mut(|kept| {
        if kept.as_ref().is_some_and(|kept| Rc::ptr_eq(kept, broken)) {
            *kept = None;
        }
    });
}

fn verdict(error: spin_sdk::pg::Error) -> Verdict {
    match error {
        spin_sdk::pg::Error::PgError(error) => failure::of_statement(error),
        spin_sdk::pg::Error::Decode(text) => failure::undecodable(text),
    }
}
