//! Connections to Postgres: what a guest leaves behind reaches nobody else.

use crate::probe::{probes, text};
use tradepost::limits::Limits;
use tradepost_tests::Setup;

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_traps_after_begin_leaves_nothing() {
    // One connection, so that the next guest would get the dirty one if anybody did.
    let limits = Limits { postgres_connections: 1, ..Limits::default() };
    let app = probes(Setup { limits: Some(limits), ..Setup::default() }).await;
    let database = app.database().connect().await;
    database.batch_execute("CREATE TABLE notes (text text); GRANT ALL ON notes TO PUBLIC").await.unwrap();
    let insert = "INSERT%20INTO%20notes%20VALUES%20%28%27unfinished%27%29";
    app.get(&format!("/begin-and-trap?{insert}")).send().await.problem(500, "internal");

    assert_eq!(
        text(&app.get("/query?SELECT%20count%28%2A%29%20FROM%20notes").send().await),
        "1 rows, first DbValue::Int64(0)"
    );
    // A commit by a stranger would make the dead guest's row durable if they shared a transaction.
    app.get("/query?COMMIT").send().await;
    let left: i64 = database.query_one("SELECT count(*) FROM notes", &[]).await.unwrap().get(0);
    assert_eq!(left, 0);
    let idle: i64 = database
        .query_one(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND state LIKE 'idle in transaction%'",
            &[],
        )
        .await
        .unwrap()
        .get(0);
    assert_eq!(idle, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_databases_own_error_reaches_the_guest() {
    let app = probes(Setup::default()).await;
    let answer = app.get("/query?SELECT%201%2F0").send().await;
    assert!(text(&answer).contains("22012"), "division by zero has its SQLSTATE: {answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_arrive_whole_and_in_number() {
    let app = probes(Setup::default()).await;
    let answer =
        app.get("/query?SELECT%20g%3A%3Aint8%20FROM%20generate_series%281%2C%205000%29%20g").send().await;
    assert_eq!(text(&answer), "5000 rows, first DbValue::Int64(1)");
    assert_eq!(text(&app.get("/query?SELECT%201%20WHERE%20false").send().await), "0 rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_ends_when_its_request_does() {
    let limits = Limits { request_deadline: std::time::Duration::from_millis(500), ..Limits::default() };
    let app = probes(Setup { limits: Some(limits), ..Setup::default() }).await;
    app.get("/query?SELECT%20pg_sleep%2830%29").send().await.problem(504, "deadline_exceeded");
    let database = app.database().connect().await;
    let mut running = 1_i64;
    for _ in 0..50 {
        running = database
            .query_one(
                "SELECT count(*) FROM pg_stat_activity
                 WHERE datname = current_database() AND state = 'active' AND query LIKE '%pg_sleep(30)%'
                   AND pid <> pg_backend_pid()",
                &[],
            )
            .await
            .unwrap()
            .get(0);
        if running == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(running, 0, "the statement went on without its request");
}
