//! Statements whose request is gone stop, and nobody else notices.

use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::join_all;
use tradepost_sql_pool::{Limits, Parameter, Value};

use crate::{World, rows, value};

#[tokio::test]
async fn a_dropped_statement_stops_on_the_server_and_its_connection_is_used_again() {
    let world = World::new().await;
    let lease = world.lease().await;
    let start = Instant::now();
    let sleep = lease.execute("SELECT pg_sleep(60)", &[]);
    tokio::time::timeout(Duration::from_millis(200), sleep).await.unwrap_err();
    world.wait_for_sessions("state = 'active'", 0).await;
    assert!(start.elapsed() < Duration::from_secs(5), "it went on for {:?}", start.elapsed());
    while world.pools.statistics().connections_idle == 0 {
        assert!(start.elapsed() < Duration::from_secs(5), "its connection did not come back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(value(&lease, "SELECT 1").await, Value::Int32(1));
    assert_eq!(world.pools.statistics().connections_opened_total, 1);
}

#[tokio::test]
async fn a_dropped_statement_that_waited_for_a_lock_does_nothing_when_the_lock_is_free() {
    let world = World::new().await;
    let (holder, waiter) = (world.lease().await, world.lease().await);
    holder.execute("INSERT INTO note VALUES (1, 'before')", &[]).await.unwrap();
    holder.execute("BEGIN", &[]).await.unwrap();
    holder.execute("UPDATE note SET body = 'held'", &[]).await.unwrap();
    let update = waiter.execute("UPDATE note SET body = 'late'", &[]);
    tokio::time::timeout(Duration::from_millis(200), update).await.unwrap_err();
    world.wait_for_sessions("wait_event_type = 'Lock'", 0).await;
    holder.execute("COMMIT", &[]).await.unwrap();
    assert_eq!(value(&waiter, "SELECT body FROM note").await, Value::Str("held".to_owned()));
}

/// Cancellations rain on two connections while other statements use them. Each of these must get its own answer, and
/// none may be hit by a cancellation that was meant for another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_a_rain_of_cancellations_every_other_statement_gets_its_own_answer() {
    let world = World::with(Limits { connections_per_address: 2, ..Limits::default() }).await;
    let lease = world.lease().await;
    let cancelled = (0_u64..150).map(|number| {
        let lease = lease.clone();
        tokio::spawn(async move {
            let sql = "SELECT $1::int8, pg_sleep(0.003)";
            // From before the statement is sent to after its answer.
            let patience = Duration::from_micros(number * 37 % 5000);
            let parameter = [Parameter::Int64(-1)];
            let _ = tokio::time::timeout(patience, lease.query(sql, &parameter)).await;
        })
    });
    let answered = (0_i64..300).map(|number| {
        let lease = lease.clone();
        tokio::spawn(async move {
            let parameter = [Parameter::Int64(number)];
            let answer = rows(&lease, "SELECT $1::int8, pg_sleep(0.001)", &parameter).await.unwrap();
            assert_eq!(answer[0][0], Value::Int64(number));
        })
    });
    let (cancelled, answered): (Vec<_>, Vec<_>) = (cancelled.collect(), answered.collect());
    for outcome in join_all(cancelled.into_iter().chain(answered)).await {
        outcome.unwrap();
    }
    assert!(world.sessions("true").await <= 2);
}

#[tokio::test]
async fn rows_that_nobody_reads_on_are_cut_off_and_the_connection_is_used_again() {
    let world = World::new().await;
    let lease = world.lease().await;
    let sql = "SELECT repeat('x', 1000), n FROM generate_series(1, 100000000) n";
    let mut rows = lease.query(sql, &[]).await.unwrap();
    assert_eq!(rows.columns().len(), 2);
    rows.next().await.unwrap().unwrap();
    drop(rows);
    world.wait_for_sessions("state = 'active'", 0).await;
    let start = Instant::now();
    while world.pools.statistics().connections_idle == 0 {
        assert!(start.elapsed() < Duration::from_secs(5), "its connection did not come back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(value(&lease, "SELECT 1").await, Value::Int32(1));
    assert_eq!(world.pools.statistics().connections_opened_total, 1);
}

#[tokio::test]
async fn a_write_whose_rows_are_not_read_may_still_end() {
    let world = World::with(Limits { patience: Duration::from_secs(20), ..Limits::default() }).await;
    let function = "CREATE FUNCTION write(n int) RETURNS text LANGUAGE sql AS
                    $$ INSERT INTO note VALUES (n); SELECT repeat('x', 1000) $$";
    world.outside.batch_execute(function).await.unwrap();
    let lease = world.lease().await;
    // It writes as it sends, and more than fits the network's buffers.
    drop(lease.query("SELECT write(n) FROM generate_series(1, 20000) n", &[]).await.unwrap());
    world.wait_for_sessions("state = 'active'", 0).await;
    assert_eq!(world.notes().await, 20_000);
}
