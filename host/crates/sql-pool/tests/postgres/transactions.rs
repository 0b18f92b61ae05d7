//! A transaction, or anything else that a session remembers, is its lease's alone.

use std::time::Duration;

use tradepost_sql_pool::{Limits, Value};

use crate::{World, code, refusal, rows, text, value};

#[tokio::test]
async fn a_transaction_stays_on_one_session_among_concurrent_statements() {
    let world = World::new().await;
    let (writer, neighbour) = (world.lease().await, world.lease().await);
    writer.execute("BEGIN", &[]).await.unwrap();
    writer.execute("INSERT INTO note VALUES (1)", &[]).await.unwrap();
    for id in 2..30 {
        neighbour.execute(&format!("INSERT INTO note VALUES ({id})"), &[]).await.unwrap();
        assert_eq!(value(&writer, "SELECT count(*) FROM note WHERE id = 1").await, Value::Int64(1));
        assert_eq!(value(&neighbour, "SELECT count(*) FROM note WHERE id = 1").await, Value::Int64(0));
    }
    writer.execute("ROLLBACK", &[]).await.unwrap();
    assert_eq!(world.notes().await, 28, "what the neighbour wrote was never inside the transaction");
    assert_eq!(world.sessions("state LIKE 'idle in transaction%'").await, 0);
}

#[tokio::test]
async fn committing_gives_the_connection_back_without_a_round_trip() {
    let world = World::new().await;
    let lease = world.lease().await;
    lease.execute("BEGIN", &[]).await.unwrap();
    assert_eq!(world.pools.statistics().connections_idle, 0);
    lease.execute("INSERT INTO note VALUES (1)", &[]).await.unwrap();
    lease.execute("COMMIT", &[]).await.unwrap();
    assert_eq!(world.pools.statistics().connections_idle, 1);
    assert_eq!(world.pools.statistics().connections_opened_total, 1);
    assert_eq!(world.sessions("query = 'COMMIT'").await, 1, "nothing was sent after it");
    assert_eq!(world.notes().await, 1);
}

#[tokio::test]
async fn a_lease_dropped_in_a_transaction_leaves_no_trace_of_it() {
    let world = World::new().await;
    let lease = world.lease().await;
    lease.execute("BEGIN", &[]).await.unwrap();
    lease.execute("INSERT INTO note VALUES (1)", &[]).await.unwrap();
    world.wait_for_sessions("state = 'idle in transaction'", 1).await;
    drop(lease);
    world.wait_for_sessions("true", 0).await;
    let next = world.lease().await;
    next.execute("INSERT INTO note VALUES (2)", &[]).await.unwrap();
    assert_eq!(world.sessions("state = 'idle'").await, 1);
    assert_eq!(world.notes().await, 1, "the next lease's, at once for everyone to see");
    assert_eq!(world.pools.statistics().connections_discarded_total, 1);
}

#[tokio::test]
async fn a_lease_dropped_while_its_transaction_runs_a_statement_leaves_no_trace_either() {
    let world = World::new().await;
    let lease = world.lease().await;
    lease.execute("BEGIN", &[]).await.unwrap();
    lease.execute("INSERT INTO note VALUES (1)", &[]).await.unwrap();
    let request = tokio::spawn(async move { lease.execute("SELECT pg_sleep(60)", &[]).await });
    world.wait_for_sessions("state = 'active'", 1).await;
    request.abort();
    world.wait_for_sessions("true", 0).await;
    assert_eq!(world.notes().await, 0);
}

#[tokio::test]
async fn statements_sent_without_waiting_follow_their_begin() {
    let world = World::new().await;
    let lease = world.lease().await;
    let (begin, insert, rollback) = tokio::join!(
        lease.execute("BEGIN", &[]),
        lease.execute("INSERT INTO note VALUES (1)", &[]),
        lease.execute("ROLLBACK", &[]),
    );
    begin.unwrap();
    insert.unwrap();
    rollback.unwrap();
    assert_eq!(world.notes().await, 0);
}

#[tokio::test]
async fn a_failed_transaction_refuses_everything_until_its_rollback() {
    let world = World::new().await;
    let lease = world.lease().await;
    lease.execute("BEGIN", &[]).await.unwrap();
    assert_eq!(code(lease.execute("SELECT 1/0", &[]).await), "22012");
    assert_eq!(code(lease.execute("INSERT INTO note VALUES (1)", &[]).await), "25P02");
    assert_eq!(code(rows(&lease, "SELECT 1", &[]).await), "25P02");
    lease.execute("ROLLBACK", &[]).await.unwrap();
    lease.execute("INSERT INTO note VALUES (1)", &[]).await.unwrap();
    assert_eq!(world.notes().await, 1);
}

#[tokio::test]
async fn a_commit_that_fails_ends_the_transaction_too() {
    let world = World::new().await;
    let sql =
        "ALTER TABLE note ADD CONSTRAINT own FOREIGN KEY (id) REFERENCES note DEFERRABLE INITIALLY DEFERRED;
               CREATE TABLE other (id int REFERENCES note DEFERRABLE INITIALLY DEFERRED)";
    world.outside.batch_execute(sql).await.unwrap();
    let lease = world.lease().await;
    lease.execute("BEGIN", &[]).await.unwrap();
    lease.execute("INSERT INTO other VALUES (7)", &[]).await.unwrap();
    assert_eq!(code(lease.execute("COMMIT", &[]).await), "23503");
    lease.execute("INSERT INTO note VALUES (1)", &[]).await.unwrap();
    assert_eq!(world.notes().await, 1);
    assert_eq!(world.pools.statistics().connections_idle, 1);
}

#[tokio::test]
async fn a_lost_transaction_never_goes_on_outside_of_itself() {
    let world = World::new().await;
    let lease = world.lease().await;
    lease.execute("BEGIN", &[]).await.unwrap();
    lease.execute("INSERT INTO note VALUES (1)", &[]).await.unwrap();
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                WHERE datname = current_database() AND application_name = 'tradepost'";
    world.outside.execute(kill, &[]).await.unwrap();
    world.wait_for_sessions("true", 0).await;
    for _ in 0..3 {
        let insert = lease.execute("INSERT INTO note VALUES (2)", &[]).await;
        assert!(refusal(insert).contains("kind: Closed"));
    }
    assert_eq!(world.notes().await, 0);
    world.lease().await.execute("INSERT INTO note VALUES (3)", &[]).await.unwrap();
}

#[tokio::test]
async fn cancelling_a_statement_loses_its_transaction() {
    let world = World::new().await;
    let lease = world.lease().await;
    lease.execute("BEGIN", &[]).await.unwrap();
    lease.execute("INSERT INTO note VALUES (1)", &[]).await.unwrap();
    let sleep = lease.execute("SELECT pg_sleep(60)", &[]);
    tokio::time::timeout(Duration::from_millis(100), sleep).await.unwrap_err();
    assert!(refusal(lease.execute("COMMIT", &[]).await).contains("kind: Closed"));
    world.wait_for_sessions("true", 0).await;
    assert_eq!(world.notes().await, 0);
}

#[tokio::test]
async fn what_a_session_remembers_is_kept_for_its_lease_and_from_others() {
    let world = World::new().await;
    let (own, other) = (world.lease().await, world.lease().await);
    // Not one of the parameters whose change the server reports.
    own.execute("SET statement_timeout = '77s'", &[]).await.unwrap();
    own.execute("CREATE TEMP TABLE scratch (id int)", &[]).await.unwrap();
    own.execute("SELECT set_config('tradepost.test', 'mine', false)", &[]).await.unwrap();
    for _ in 0..20 {
        own.execute("INSERT INTO scratch VALUES (1)", &[]).await.unwrap();
        assert_eq!(value(&own, "SHOW statement_timeout").await, text("77s"));
        assert_eq!(value(&own, "SELECT current_setting('tradepost.test')").await, text("mine"));
        assert_eq!(value(&other, "SHOW statement_timeout").await, text("0"));
        assert_eq!(code(other.execute("INSERT INTO scratch VALUES (1)", &[]).await), "42P01");
    }
    drop(own);
    world.wait_for_sessions("true", 1).await;
    let setting = "SELECT coalesce(current_setting('tradepost.test', true), 'unset')";
    assert_eq!(value(&other, setting).await, text("unset"));
    assert_eq!(value(&other, "SHOW statement_timeout").await, text("0"));
}

#[tokio::test]
async fn a_setting_changed_behind_a_function_reaches_nobody_else() {
    let world = World::with(Limits { connections_per_address: 1, ..Limits::default() }).await;
    let function = "CREATE FUNCTION meddle() RETURNS void LANGUAGE plpgsql AS
                    $$ BEGIN PERFORM set_config('TimeZone', 'Asia/Tokyo', false); END $$";
    world.outside.batch_execute(function).await.unwrap();
    let (one, other) = (world.lease().await, world.lease().await);
    let before = value(&other, "SHOW TimeZone").await;
    assert_ne!(before, text("Asia/Tokyo"));
    one.execute("SELECT meddle()", &[]).await.unwrap();
    assert_eq!(value(&other, "SHOW TimeZone").await, before);
}

#[tokio::test]
async fn setting_something_for_a_transaction_only_does_not_bind() {
    let world = World::new().await;
    let lease = world.lease().await;
    lease.execute("BEGIN", &[]).await.unwrap();
    lease.execute("SET LOCAL statement_timeout = '7s'", &[]).await.unwrap();
    assert_eq!(value(&lease, "SHOW statement_timeout").await, text("7s"));
    lease.execute("COMMIT", &[]).await.unwrap();
    assert_eq!(world.pools.statistics().connections_idle, 1);
}

#[tokio::test]
async fn a_refused_statement_of_an_unknown_kind_does_not_bind() {
    let world = World::new().await;
    let lease = world.lease().await;
    assert_eq!(code(lease.execute("SELEC 1", &[]).await), "42601");
    assert_eq!(world.pools.statistics().connections_idle, 1);
}
