//! The pools on a real server.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "helpers of tests")]

mod cancellation;
mod leases;
mod limits;
mod outages;
mod statements;
mod storm;
mod tls;
mod transactions;
mod values;

use std::time::{Duration, Instant};

use tokio_postgres::Client;
use tradepost_cluster::testing::{Databases, TestDatabase};
use tradepost_sql_pool::{Error, Lease, Limits, Parameter, Pools, QueryError, Row, Value};

static DATABASES: Databases = Databases::prepared_by(|_| Box::pin(async { Ok(()) }));

/// A database of the test's own, pools to reach it by, and a way around them.
struct World {
    database: TestDatabase,
    pools: Pools,
    outside: Client,
}

impl World {
    async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    async fn with(limits: Limits) -> Self {
        let database = DATABASES.fresh().await;
        let outside = database.connect().await;
        outside.batch_execute("CREATE TABLE note (id int PRIMARY KEY, body text)").await.unwrap();
        Self { database, pools: Pools::new(limits), outside }
    }

    async fn lease(&self) -> Lease {
        self.pools.open(self.database.url(), None).await.unwrap()
    }

    /// Notes in the table, as everyone else sees it.
    async fn notes(&self) -> i64 {
        self.outside.query_one("SELECT count(*) FROM note", &[]).await.unwrap().get(0)
    }

    /// Sessions of the pools in this database that meet a condition on `pg_stat_activity`.
    async fn sessions(&self, condition: &str) -> i64 {
        let sql = format!(
            "SELECT count(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND application_name = 'tradepost' AND {condition}"
        );
        self.outside.query_one(&sql, &[]).await.unwrap().get(0)
    }

    async fn wait_for_sessions(&self, condition: &str, count: i64) {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let found = self.sessions(condition).await;
            if found == count {
                return;
            }
            assert!(Instant::now() < deadline, "{found} sessions instead of {count} where {condition}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

async fn rows(lease: &Lease, sql: &str, parameters: &[Parameter]) -> Result<Vec<Row>, Error> {
    lease.query(sql, parameters).await?.all().await.map(|(_, rows)| rows)
}

/// The one value of a statement's one row.
async fn value(lease: &Lease, sql: &str) -> Value {
    let rows = rows(lease, sql, &[]).await.unwrap();
    assert_eq!(rows.len(), 1, "{sql}");
    rows[0][0].clone()
}

fn text(text: &str) -> Value {
    Value::Str(text.to_owned())
}

/// The SQLSTATE of a refusal by the server.
#[track_caller]
fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::QueryFailed(QueryError::Db(error))) => error.code,
        other => panic!("no refusal by the server but {other:?}"),
    }
}

/// The text of a refusal by the client.
#[track_caller]
fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::QueryFailed(QueryError::Text(text))) => text,
        other => panic!("no refusal by the client but {other:?}"),
    }
}
