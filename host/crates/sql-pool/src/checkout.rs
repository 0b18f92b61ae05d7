//! A physical connection in use, which finds its way back to the pool, or to its end, however its user goes away.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio_postgres::RowStream;
use tokio_postgres::error::{DbError, Severity};

use crate::encode::Argument;
use crate::error::Error;
use crate::pool::Pool;
use crate::pools::Tally;
use crate::session::{Session, Trips};

/// What is known of the exchange with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Everything sent has been answered.
    Quiet,
    /// Something was sent and its answer has not ended.
    Busy,
    /// The line or its sense is lost.
    Broken,
}

/// The only use of a session until it is dropped; then the session is put back if it is clean, and otherwise calmed,
/// rolled back and closed.
pub(crate) struct Checkout {
    session: Option<Box<Session>>,
    permit: Option<OwnedSemaphorePermit>,
    pool: Arc<Pool>,
    pub(crate) condition: Condition,
    /// A statement left something in the session that only its end removes.
    pub(crate) keeps_state: bool,
    /// Nothing has been achieved on it yet, so another session would do as well.
    pub(crate) is_fresh: bool,
    /// How long an answer that is still coming may keep coming when nobody wants it any more.
    pub(crate) patience: Duration,
}

/// A statement that failed, and what could be done about it.
struct Setback {
    error: Error,
    remedy: Remedy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remedy {
    None,
    /// The prepared statement is stale. Nothing was executed.
    PrepareAnew,
    /// The session was gone before anything was sent.
    ConnectAnew,
}

/// How far a statement had come when it failed.
#[derive(Debug, Clone, Copy)]
struct Progress {
    /// Certainly nothing was sent in this step.
    unsent: bool,
    /// It was being executed, not prepared.
    executing: bool,
    /// Its plan was made earlier, and refusing it had no consequence.
    may_be_stale: bool,
}

impl Checkout {
    pub(crate) fn new(pool: Arc<Pool>, session: Box<Session>, permit: OwnedSemaphorePermit) -> Self {
        Self {
            session: Some(session),
            permit: Some(permit),
            pool,
            condition: Condition::Quiet,
            keeps_state: false,
            is_fresh: true,
            patience: Duration::ZERO,
        }
    }

    /// Whether the session holds something of its user's.
    pub(crate) fn is_bound(&self) -> bool {
        self.keeps_state || self.session.as_ref().is_some_and(|session| !session.line.is_idle())
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.session.as_ref().is_none_or(|session| session.client.is_closed())
    }

    /// Sends a statement and waits until the server has accepted its parameters. Repeats it once, if it certainly has
    /// not begun and a repetition may help.
    pub(crate) async fn send(
        &mut self,
        sql: &str,
        arguments: &[Argument<'_>],
        trips: &mut Trips,
    ) -> Result<RowStream, Error> {
        let setback = match self.attempt(sql, arguments, trips).await {
            Ok(rows) => return Ok(rows),
            Err(setback) => setback,
        };
        match setback.remedy {
            Remedy::None => return Err(setback.error),
            Remedy::PrepareAnew => {}
            Remedy::ConnectAnew => {
                if let Some(dead) = self.session.take() {
                    dead.sever();
                }
                self.session = Some(Box::pin(self.pool.dial(trips)).await?);
                self.condition = Condition::Quiet;
            }
        }
        self.attempt(sql, arguments, trips).await.map_err(|setback| setback.error)
    }

    async fn attempt(
        &mut self,
        sql: &str,
        arguments: &[Argument<'_>],
        trips: &mut Trips,
    ) -> Result<RowStream, Setback> {
        let Some(session) = &mut self.session else {
            return Err(Setback { error: Error::lost(), remedy: Remedy::None });
        };
        self.condition = Condition::Busy;
        self.patience = Duration::ZERO;
        let in_transaction = !session.line.is_idle();
        let sent_before = session.line.written_bytes();
        let (statement, was_prepared) = match session.statement(sql, trips).await {
            Ok(found) => found,
            Err(error) => {
                let unsent = session.line.written_bytes() == sent_before;
                return Err(self.judge(&error, Progress { unsent, executing: false, may_be_stale: false }));
            }
        };
        let sent_before = session.line.written_bytes();
        match session.client.query_raw(&statement, arguments).await {
            Ok(rows) => {
                trips.execute += 1;
                Ok(rows)
            }
            Err(error) => {
                let unsent = session.line.written_bytes() == sent_before;
                trips.execute += u32::from(!unsent);
                if error.as_db_error().is_some() {
                    session.statements.forget(sql);
                }
                // In a transaction the refusal has already spoilt it.
                let may_be_stale = was_prepared && !in_transaction;
                Err(self.judge(&error, Progress { unsent, executing: true, may_be_stale }))
            }
        }
    }

    fn judge(&mut self, error: &tokio_postgres::Error, progress: Progress) -> Setback {
        let mut remedy = Remedy::None;
        if let Some(error) = self.oversized() {
            return Setback { error, remedy };
        }
        if let Some(db) = error.as_db_error() {
            self.condition = after(db);
            if progress.may_be_stale && is_stale(db) {
                remedy = Remedy::PrepareAnew;
            }
        } else if self.is_closed() || error.is_closed() {
            self.condition = Condition::Broken;
            // Preparing executes nothing.
            if self.is_fresh && (progress.unsent || !progress.executing) {
                remedy = Remedy::ConnectAnew;
            }
        } else if progress.unsent {
            // The driver refused a parameter, or a text with a zero byte.
            self.condition = Condition::Quiet;
        } else {
            // The server said what the driver does not expect, such as the beginning of a COPY, and waits for what
            // will not come.
            self.condition = Condition::Broken;
        }
        Setback { error: error.into(), remedy }
    }

    /// The error instead of the driver's when the connection was given up for a long row.
    fn oversized(&mut self) -> Option<Error> {
        let oversized = self.session.as_ref().is_some_and(|session| session.line.is_oversized());
        oversized.then(|| {
            self.condition = Condition::Broken;
            Error::over_limit(self.pool.limits().row_bytes)
        })
    }

    /// Takes note of how the answer that was coming ended.
    pub(crate) fn ended(&mut self, error: Option<&tokio_postgres::Error>) -> Option<Error> {
        self.is_fresh = false;
        let Some(error) = error else {
            self.condition = Condition::Quiet;
            return None;
        };
        if let Some(error) = self.oversized() {
            return Some(error);
        }
        self.condition = error.as_db_error().map_or(Condition::Broken, after);
        Some(error.into())
    }
}

/// What a connection is good for after the server's error: nothing once the session itself ends with it, though the
/// socket may still look open (`57P01` of a server that stops, or of `pg_terminate_backend`).
fn after(db: &DbError) -> Condition {
    match db.parsed_severity() {
        Some(Severity::Fatal | Severity::Panic) => Condition::Broken,
        _ => Condition::Quiet,
    }
}

/// Whether the server refused to run a prepared statement because the plan's columns have changed or the statement is
/// gone. By the server's function, because the message is in the server's language and the first code is that of any
/// unsupported feature. Both refusals come before execution.
fn is_stale(db: &DbError) -> bool {
    matches!(
        (db.code().code(), db.routine()),
        ("0A000", Some("RevalidateCachedQuery"))
            | ("26000", Some("FetchPreparedStatement" | "exec_bind_message"))
    )
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let (Some(session), Some(permit)) = (self.session.take(), self.permit.take()) else { return };
        if self.condition == Condition::Broken || session.client.is_closed() {
            Tally::add(&self.pool.tally().discarded_total, 1);
            session.sever();
            return;
        }
        if self.condition == Condition::Quiet && !self.keeps_state && session.is_clean() {
            self.pool.park(session, permit);
            return;
        }
        let pool = self.pool.clone();
        let busy = self.condition == Condition::Busy;
        let (keeps_state, patience) = (self.keeps_state, self.patience);
        let mending = async move { mend(&pool, session, permit, busy, keeps_state, patience).await };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(mending)),
            Err(_) => drop(self.pool.runtime().spawn(mending)),
        }
    }
}

/// Makes a session fit for others, or ends it. Holds its permit meanwhile: until the server has let go of it, it is
/// one of the connections that the limit allows.
async fn mend(
    pool: &Pool,
    session: Box<Session>,
    permit: OwnedSemaphorePermit,
    busy: bool,
    keeps_state: bool,
    patience: Duration,
) {
    if busy && !session.calm(pool.target(), patience).await {
        tracing::warn!(server = pool.name(), "an abandoned statement did not stop; its connection is cut");
        Tally::add(&pool.tally().discarded_total, 1);
        session.sever();
    } else if keeps_state || !session.is_clean() {
        if !session.line.is_idle() {
            tracing::warn!(server = pool.name(), "a guest left a transaction open; it is rolled back");
        }
        Tally::add(&pool.tally().discarded_total, 1);
        session.retire().await;
    } else {
        pool.park(session, permit);
    }
}
