//! The migrations on a real Postgres: that they apply, what each role may do, and how orders' events are appended.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests")]

mod api_keys;
mod append;
mod applying;
mod concurrency;
mod delivery;
mod expiry;
mod heads;
mod ledger;
mod logging_in;
mod logins;
mod mailbox_keys;
mod payments;
mod plans;
mod products;
mod roles;
mod sessions;
mod signing_keys;
mod stock;
mod users;

use std::time::Duration;

use tokio_postgres::{Client, NoTls};
use tradepost_cluster::testing::Databases;
use tradepost_migrations::migrate;

static EMPTY: Databases = Databases::prepared_by(|_| Box::pin(async { Ok(()) }));
static MIGRATED: Databases = Databases::prepared_by(|url| {
    Box::pin(async move {
        let (mut client, connection) = tokio_postgres::connect(&url, NoTls).await?;
        let connection = tokio::spawn(connection);
        migrate(&mut client, |_| {}).await?;
        drop(client);
        connection.await??;
        Ok(())
    })
});

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// A connection as one of the contexts' roles, made as adapters make theirs.
async fn connect_as(url: &str, role: &str) -> Client {
    connect(&format!("{url}?options=-c%20role%3D{role}")).await
}

/// Returns once a session of the observer's database waits for somebody's lock.
async fn wait_until_blocked(observer: &Client) {
    let blocked = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..500 {
        if number(observer, blocked).await == 1 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("nobody waits");
}

/// The first column of the first row.
async fn number(client: &Client, query: &str) -> i64 {
    client.query_one(query, &[]).await.unwrap().get(0)
}

/// The SQLSTATE with which a statement fails.
async fn refusal(client: &Client, statement: &str) -> String {
    let error = client.batch_execute(statement).await.expect_err(statement);
    error.code().unwrap().code().to_owned()
}
