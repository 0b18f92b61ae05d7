//! Limits hold, and say so.

use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::join_all;
use tradepost_sql_pool::{Error, Limits, Pools, Value};

use crate::{DATABASES, World, refusal, rows, value};

#[tokio::test]
async fn waiting_for_a_connection_ends() {
    let wait = Duration::from_millis(200);
    let world = World::with(Limits { connections_per_address: 1, wait, ..Limits::default() }).await;
    let (holder, other) = (world.lease().await, world.lease().await);
    holder.execute("BEGIN", &[]).await.unwrap();
    let start = Instant::now();
    let Err(Error::ConnectionFailed(text)) = other.execute("SELECT 1", &[]).await else { panic!("it ran") };
    assert_eq!(text, "no connection became free within 200ms");
    assert!(start.elapsed() < Duration::from_secs(2));
    holder.execute("COMMIT", &[]).await.unwrap();
    other.execute("SELECT 1", &[]).await.unwrap();
}

#[tokio::test]
async fn no_more_connections_are_opened_than_allowed() {
    let world = World::with(Limits { connections_per_address: 3, ..Limits::default() }).await;
    let lease = world.lease().await;
    join_all((0..30).map(|_| async { lease.execute("SELECT pg_sleep(0.01)", &[]).await.unwrap() })).await;
    assert_eq!(world.sessions("true").await, 3);
}

#[tokio::test]
async fn a_result_that_is_too_large_ends_in_an_error_and_its_connection_is_used_again() {
    let world = World::with(Limits { result_bytes: 200_000, ..Limits::default() }).await;
    let lease = world.lease().await;
    let sql = "SELECT repeat('x', 1000) FROM generate_series(1, 1000)";
    let mut stream = lease.query(sql, &[]).await.unwrap();
    let mut read = 0;
    let end = loop {
        match stream.next().await {
            Some(Ok(_)) => read += 1,
            Some(Err(error)) => break error,
            None => panic!("it was not too large"),
        }
    };
    assert_eq!(refusal::<()>(Err(end)), "query result exceeds limit of 200000 bytes");
    assert!((150..200).contains(&read), "{read} rows");
    assert!(stream.next().await.is_none());
    drop(stream);
    assert_eq!(value(&lease, "SELECT 1").await, Value::Int32(1));
}

#[tokio::test]
async fn a_row_that_is_too_long_never_arrives() {
    let world = World::with(Limits { row_bytes: 10_000, ..Limits::default() }).await;
    let lease = world.lease().await;
    assert_eq!(rows(&lease, "SELECT repeat('x', 9000)", &[]).await.unwrap().len(), 1);
    let long = rows(&lease, "SELECT repeat('x', 100000000)", &[]).await;
    assert_eq!(refusal(long), "query result exceeds limit of 10000 bytes");
    assert_eq!(value(&lease, "SELECT 1").await, Value::Int32(1));
}

#[tokio::test]
async fn idle_connections_are_closed() {
    let world = World::with(Limits { idle: Duration::from_millis(100), ..Limits::default() }).await;
    let lease = world.lease().await;
    join_all((0..4).map(|_| async { lease.execute("SELECT pg_sleep(0.05)", &[]).await.unwrap() })).await;
    world.wait_for_sessions("true", 0).await;
    assert_eq!(world.pools.statistics().connections_open, 0);
    assert_eq!(value(&lease, "SELECT 1").await, Value::Int32(1));
}

#[tokio::test]
async fn a_full_server_gets_room_from_another_pools_idle_connections() {
    let world = World::new().await;
    let role = format!("narrow_{}", std::process::id());
    let sql = format!("CREATE ROLE {role} LOGIN PASSWORD 'narrow' CONNECTION LIMIT 1");
    world.outside.batch_execute(&sql).await.unwrap();
    let config: tokio_postgres::Config = world.database.url().parse().unwrap();
    let (port, name) = (config.get_ports()[0], config.get_dbname().unwrap());
    for application in ["one", "two", "one", "two"] {
        let address =
            format!("postgres://{role}:narrow@127.0.0.1:{port}/{name}?application_name={application}");
        let lease = world.pools.open(&address, None).await.unwrap();
        assert_eq!(value(&lease, "SELECT 1").await, Value::Int32(1));
    }
    world.pools.statistics();
    drop(world.pools);
    let gone = format!("DROP ROLE {role}");
    world.outside.batch_execute(&gone).await.unwrap();
}

#[tokio::test]
async fn addresses_are_limited_and_forgotten_when_unused() {
    let database = DATABASES.fresh().await;
    let pools = Pools::new(Limits { addresses: 2, idle: Duration::from_millis(50), ..Limits::default() });
    let address = |number: u32| format!("{}?application_name=a{number}", database.url());
    let kept = [pools.open(&address(0), None).await.unwrap(), pools.open(&address(1), None).await.unwrap()];
    let Err(Error::ConnectionFailed(text)) = pools.open(&address(2), None).await else {
        panic!("it was opened")
    };
    assert!(text.contains("2 database addresses"), "{text}");
    drop(kept);
    tokio::time::sleep(Duration::from_millis(300)).await;
    pools.open(&address(2), None).await.unwrap();
}
