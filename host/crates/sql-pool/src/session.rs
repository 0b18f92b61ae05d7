//! One physical connection: a session of the server, with the statements it has prepared.

use std::ops::AddAssign;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio_postgres::{Client, Statement};

use crate::cache::Statements;
use crate::dial::{Dialed, Feeler, Peer, Target};
use crate::observer::Line;
use crate::pools::Tally;

/// How often a running statement is asked to stop, and how long each time it has to do so. A request that overtakes
/// its statement on the way to the server stops nothing, hence more than one.
const CANCELLATIONS: u32 = 5;
const STOPPING_TIME: Duration = Duration::from_secs(1);
/// For a server to take a cancellation, a ROLLBACK or a farewell.
const ANSWER_TIME: Duration = Duration::from_secs(2);
/// A session that was used so recently is not looked at more closely, which takes a system call.
const LIVELY: Duration = Duration::from_millis(5);

/// The exchanges with the server that a call waited for, each a round trip, except for `connect`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trips {
    /// Physical connections opened. Each costs several round trips: TCP, TLS, login.
    pub connect: u32,
    /// Statements prepared: 1 when the connection had not seen the text before. The first statement on a connection
    /// to use a type that is not built in (an enum, a domain) makes a few more, which are not counted.
    pub prepare: u32,
    /// Executions: 1, or 2 when a stale plan was refused and prepared anew. All rows of a result are one.
    pub execute: u32,
}

impl Trips {
    /// Round trips on an open connection.
    pub fn round_trips(&self) -> u32 {
        self.prepare + self.execute
    }
}

impl AddAssign for Trips {
    fn add_assign(&mut self, other: Self) {
        self.connect += other.connect;
        self.prepare += other.prepare;
        self.execute += other.execute;
    }
}

/// A session of the server that is nobody's, or one statement's, or bound to a lease.
pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) line: Arc<Line>,
    pub(crate) statements: Statements,
    /// When it was last put back.
    pub(crate) parked_at: Instant,
    driver: JoinHandle<()>,
    peer: Peer,
    feeler: Feeler,
    _open: Open,
}

impl Session {
    /// Boxed, because it is passed from hand to hand with every statement.
    pub(crate) fn new(dialed: Dialed, statements_max: usize, tally: &Arc<Tally>) -> Box<Self> {
        let Dialed { client, line, driver, peer, feeler } = dialed;
        let statements = Statements::new(statements_max);
        Box::new(Self {
            client,
            line,
            statements,
            parked_at: Instant::now(),
            driver,
            peer,
            feeler,
            _open: Open::new(tally),
        })
    }

    /// Whether it can be given to someone else as it is. Costs nothing.
    pub(crate) fn is_clean(&self) -> bool {
        self.line.is_idle() && !self.line.is_altered() && !self.client.is_closed()
    }

    /// Whether it is as clean as when it was put back. Looks closer when that is some time ago: the server may have
    /// closed it, and the driver not have had its turn to notice.
    pub(crate) fn is_still_clean(&self) -> bool {
        self.is_clean() && (self.parked_at.elapsed() < LIVELY || self.feeler.finds_nothing())
    }

    /// The statement of this text, and whether it had been prepared before.
    pub(crate) async fn statement(
        &mut self,
        sql: &str,
        trips: &mut Trips,
    ) -> Result<(Statement, bool), tokio_postgres::Error> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok((statement, true));
        }
        let statement = self.client.prepare(sql).await?;
        trips.prepare += 1;
        self.statements.keep(sql, statement.clone());
        Ok((statement, false))
    }

    /// Brings to an end whatever was sent: waits for `patience`, then cancels. Returns whether the session is at
    /// rest, so that nothing of the past can come over the line any more, neither a row nor a cancellation.
    pub(crate) async fn calm(&self, target: &Target, patience: Duration) -> bool {
        // Answers come in order, so the answer to this one follows everything else.
        if !patience.is_zero()
            && let Ok(answer) = tokio::time::timeout(patience, self.client.simple_query("")).await
        {
            return self.answered(answer);
        }
        for _ in 0..CANCELLATIONS {
            let token = self.client.cancel_token();
            match tokio::time::timeout(ANSWER_TIME, target.cancel(&self.peer, token)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return false,
            }
            if let Ok(answer) = tokio::time::timeout(STOPPING_TIME, self.client.simple_query("")).await {
                return self.answered(answer);
            }
        }
        false
    }

    /// A refusal is an answer too: the question itself may have been what was cancelled.
    fn answered<T>(&self, answer: Result<T, tokio_postgres::Error>) -> bool {
        !self.client.is_closed() && answer.map_or_else(|error| error.as_db_error().is_some(), |_| true)
    }

    /// Undoes an open transaction and closes. Returns when the server has done so, or after a while.
    pub(crate) async fn retire(self: Box<Self>) {
        if !self.line.is_idle() {
            let _ = tokio::time::timeout(ANSWER_TIME, self.client.batch_execute("ROLLBACK")).await;
        }
        let Self { client, mut driver, feeler, _open, .. } = *self;
        // The driver says farewell when its client is gone.
        drop((client, feeler));
        if tokio::time::timeout(ANSWER_TIME, &mut driver).await.is_err() {
            driver.abort();
        }
    }

    /// Closes at once, without a word. The server undoes what was open when it notices.
    pub(crate) fn sever(&self) {
        self.driver.abort();
    }
}

/// Counts a session for as long as it exists.
struct Open(Arc<Tally>);

impl Open {
    fn new(tally: &Arc<Tally>) -> Self {
        Tally::add(&tally.open, 1);
        Tally::add(&tally.opened_total, 1);
        Self(tally.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
    }
}
