//! Prepared statements: what they cost, how long they are kept, when they are made anew.

use tradepost_sql_pool::{Limits, Parameter, Trips, Value};

use crate::{World, code, refusal, rows, value};

fn trips(prepare: u32, execute: u32) -> Trips {
    Trips { connect: 0, prepare, execute }
}

#[tokio::test]
async fn a_statement_costs_two_round_trips_the_first_time_and_one_from_then_on() {
    let world = World::new().await;
    let lease = world.lease().await;
    let insert = |id| [Parameter::Int32(id)];
    let sql = "INSERT INTO note VALUES ($1)";
    assert_eq!(lease.execute(sql, &insert(1)).await.unwrap().trips, trips(1, 1));
    for id in 2..5 {
        let done = lease.execute(sql, &insert(id)).await.unwrap();
        assert_eq!((done.trips, done.rows), (trips(0, 1), 1));
    }
    let other = world.lease().await;
    assert_eq!(other.query("SELECT 1", &[]).await.unwrap().trips(), trips(1, 1));
    assert_eq!(other.query("SELECT 1", &[]).await.unwrap().trips().round_trips(), 1);
}

#[tokio::test]
async fn a_statement_whose_columns_changed_is_prepared_anew() {
    let world = World::new().await;
    let lease = world.lease().await;
    lease.execute("INSERT INTO note VALUES (1, 'a')", &[]).await.unwrap();
    assert_eq!(rows(&lease, "SELECT * FROM note", &[]).await.unwrap()[0].len(), 2);
    world.outside.batch_execute("ALTER TABLE note ADD COLUMN more int DEFAULT 7").await.unwrap();
    let again = lease.query("SELECT * FROM note", &[]).await.unwrap();
    assert_eq!(again.trips(), trips(1, 2));
    assert_eq!(again.all().await.unwrap().1[0][2], Value::Int32(7));
}

#[tokio::test]
async fn a_stale_statement_in_a_transaction_is_an_error_once() {
    let world = World::new().await;
    let lease = world.lease().await;
    rows(&lease, "SELECT * FROM note", &[]).await.unwrap();
    world.outside.batch_execute("ALTER TABLE note ADD COLUMN more int").await.unwrap();
    lease.execute("BEGIN", &[]).await.unwrap();
    assert_eq!(code(rows(&lease, "SELECT * FROM note", &[]).await), "0A000");
    assert_eq!(code(rows(&lease, "SELECT * FROM note", &[]).await), "25P02");
    lease.execute("ROLLBACK", &[]).await.unwrap();
    rows(&lease, "SELECT * FROM note", &[]).await.unwrap();
}

#[tokio::test]
async fn statements_that_the_server_has_forgotten_are_prepared_anew() {
    let world = World::new().await;
    let lease = world.lease().await;
    value(&lease, "SELECT 1").await;
    lease.execute("DEALLOCATE ALL", &[]).await.unwrap();
    let again = lease.query("SELECT 1", &[]).await.unwrap();
    assert_eq!(again.trips(), trips(1, 2));
}

#[tokio::test]
async fn a_connection_keeps_only_so_many_statements() {
    let world = World::with(Limits { statements_per_connection: 8, ..Limits::default() }).await;
    let lease = world.lease().await;
    for number in 0..50 {
        assert_eq!(value(&lease, &format!("SELECT {number}")).await, Value::Int32(number));
        // In use all the time, so never the one to go.
        let kept = lease.query("SELECT 'kept'", &[]).await.unwrap();
        assert_eq!(kept.trips().prepare, u32::from(number == 0));
    }
    let kept = value(&lease, "SELECT count(*) FROM pg_prepared_statements").await;
    let Value::Int64(kept) = kept else { panic!("{kept:?}") };
    assert!((1..=9).contains(&kept), "{kept} statements");
}

#[tokio::test]
async fn a_refused_statement_leaves_the_connection_usable() {
    let world = World::with(Limits { connections_per_address: 1, ..Limits::default() }).await;
    let lease = world.lease().await;
    assert_eq!(code(lease.execute("SELECT * FROM nowhere", &[]).await), "42P01");
    assert_eq!(code(lease.execute("SELECT 1; SELECT 2", &[]).await), "42601");
    assert!(refusal(lease.execute("SELECT '\0'", &[]).await).contains("kind: Encode"));
    let zero = [Parameter::Str("a\0b".to_owned())];
    assert_eq!(code(rows(&lease, "SELECT $1", &zero).await), "22021");
    assert_eq!(code(rows(&lease, "SELECT 1/0", &[]).await), "22012");
    assert_eq!(value(&lease, "SELECT 1").await, Value::Int32(1));
    assert_eq!(world.pools.statistics().connections_opened_total, 1);
}

#[tokio::test]
async fn a_copy_is_refused_and_costs_only_its_connection() {
    let world = World::with(Limits { connections_per_address: 1, ..Limits::default() }).await;
    let lease = world.lease().await;
    for sql in ["COPY note FROM STDIN", "COPY note TO STDOUT"] {
        refusal(lease.execute(sql, &[]).await);
        assert_eq!(value(&lease, "SELECT 1").await, Value::Int32(1));
    }
}
