//! Postgres as one role: pooled connections, each statement prepared once a connection.

use anyhow::{Context as _, Result};
use deadpool_postgres::{Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime};
use std::time::Duration;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Error, NoTls, Row};
use tradepost_problem::Problem;

/// As many as Tradepost has by default.
const CONNECTIONS: usize = 16;

/// How long a statement waits for one of them.
const WAIT: Duration = Duration::from_secs(5);

type Parameters<'a> = &'a [&'a (dyn ToSql + Sync)];

/// The database, with the rights of one role.
pub(crate) struct Database(Pool);

/// Why there is no answer.
pub(crate) enum Failure {
    /// No connection.
    Pool(PoolError),
    /// The statement.
    Statement(Error),
}

impl Database {
    pub(crate) fn as_role(url: &str, role: &str) -> Result<Self> {
        // The error would show what it cannot read, which may be the password.
        let mut config: Config = url.parse().ok().context("the database URL cannot be read")?;
        config.options(format!("-c role={role}")).application_name("native");
        // Fast: a connection is checked by looking at it, not by asking the server.
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config, NoTls, recycling))
            .max_size(CONNECTIONS)
            .wait_timeout(Some(WAIT))
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self(pool))
    }

    /// The rows of one statement.
    pub(crate) async fn query(&self, sql: &str, parameters: Parameters<'_>) -> Result<Vec<Row>, Failure> {
        let connection = self.0.get().await.map_err(Failure::Pool)?;
        let statement = connection.prepare_cached(sql).await.map_err(Failure::Statement)?;
        connection.query(&statement, parameters).await.map_err(Failure::Statement)
    }

    /// Runs one statement.
    pub(crate) async fn execute(&self, sql: &str, parameters: Parameters<'_>) -> Result<u64, Failure> {
        let connection = self.0.get().await.map_err(Failure::Pool)?;
        let statement = connection.prepare_cached(sql).await.map_err(Failure::Statement)?;
        connection.execute(&statement, parameters).await.map_err(Failure::Statement)
    }
}

impl Failure {
    /// The constraint that said no.
    pub(crate) fn constraint(&self) -> Option<&str> {
        match self {
            Self::Statement(error) => error.as_db_error()?.constraint(),
            Self::Pool(_) => None,
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Pool(error) => Self::unavailable(error),
            Failure::Statement(error) if error.is_closed() => Self::unavailable(error),
            Failure::Statement(error) => Self::internal(error),
        }
    }
}
