//! Compares statements through a pool with the bare driver on the same server, at 32 concurrent requests:
//! `DATABASE_URL=postgres://… cargo run --release --example throughput`.
//!
//! The bare driver pipelines: one connection, and as many as the pool has. Rounds alternate, so that whatever else
//! the machine does hits all alike; the median round is printed.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement that cannot be made may say so by panicking"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls, Statement};
use tradepost_sql_pool::{Lease, Limits, Parameter, Pools};

const REQUESTS: i64 = 32;
const CONNECTIONS: usize = 16;
const ROUND: Duration = Duration::from_millis(1500);
const ROUNDS: usize = 7;

const SELECT: &str = "SELECT $1::int8 AS id, 'hello' AS body";
const INSERT: &str = "INSERT INTO throughput VALUES ($1, 'hello')";

#[tokio::main]
async fn main() {
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL should name a database to write into");
    let pools = Pools::new(Limits { connections_per_address: CONNECTIONS, ..Limits::default() });
    let mut leases = Vec::new();
    for _ in 0..REQUESTS {
        leases.push(pools.open(&url, None).await.unwrap());
    }
    let drop_and_create = ["DROP TABLE IF EXISTS throughput", "CREATE TABLE throughput (id int8, body text)"];
    for sql in drop_and_create {
        leases.first().unwrap().execute(sql, &[]).await.unwrap();
    }
    for sql in [SELECT, INSERT] {
        let (one, many) = (bare(&url, sql, 1).await, bare(&url, sql, CONNECTIONS).await);
        let (mut by_one, mut by_many, mut by_pool) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            by_one.push(through_driver(&one).await);
            by_many.push(through_driver(&many).await);
            by_pool.push(through_pool(&leases, sql).await);
        }
        println!("{sql}");
        println!("  bare driver, 1 connection:             {:>7.0}/s", median(by_one));
        let (many, pool) = (median(by_many), median(by_pool));
        println!("  bare driver, {CONNECTIONS} connections:           {many:>7.0}/s");
        println!(
            "  pool of {CONNECTIONS}, {REQUESTS} leases:               {pool:>7.0}/s ({:.2})",
            pool / many
        );
    }
    leases.first().unwrap().execute("DROP TABLE throughput", &[]).await.unwrap();
}

async fn bare(url: &str, sql: &str, count: usize) -> Vec<Arc<(Client, Statement)>> {
    let mut connections = Vec::new();
    for _ in 0..count {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        tokio::spawn(connection);
        let statement = client.prepare(sql).await.unwrap();
        connections.push(Arc::new((client, statement)));
    }
    connections
}

async fn through_driver(connections: &[Arc<(Client, Statement)>]) -> f64 {
    let end = Instant::now() + ROUND;
    let requests = (0..REQUESTS).zip(connections.iter().cycle().cloned()).map(|(number, connection)| {
        tokio::spawn(async move {
            let (client, statement) = &*connection;
            let mut done = 0;
            while Instant::now() < end {
                let rows = client.query(statement, &[&number]).await.unwrap();
                // As much as a host must do with them.
                std::hint::black_box(rows.first().map(|row| (row.get::<_, i64>(0), row.get::<_, String>(1))));
                done += 1;
            }
            done
        })
    });
    per_second(requests.collect()).await
}

async fn through_pool(leases: &[Lease], sql: &'static str) -> f64 {
    let end = Instant::now() + ROUND;
    let requests = (0..REQUESTS).zip(leases.iter().cloned()).map(|(number, lease)| {
        tokio::spawn(async move {
            let mut done = 0;
            while Instant::now() < end {
                let rows = lease.query(sql, &[Parameter::Int64(number)]).await.unwrap();
                std::hint::black_box(rows.whole().unwrap().outcome).unwrap();
                done += 1;
            }
            done
        })
    });
    per_second(requests.collect()).await
}

async fn per_second(requests: Vec<tokio::task::JoinHandle<u32>>) -> f64 {
    let mut done = 0;
    for request in requests {
        done += request.await.unwrap();
    }
    f64::from(done) / ROUND.as_secs_f64()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}
