//! `testing::Databases`: one template per process, one database per test.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tradepost_cluster::testing::Databases;

static PREPARED: AtomicU32 = AtomicU32::new(0);
static DATABASES: Databases = Databases::prepared_by(|url| {
    Box::pin(async move {
        PREPARED.fetch_add(1, Ordering::SeqCst);
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
        let connection = tokio::spawn(connection);
        client.batch_execute("CREATE TABLE counted (n int); INSERT INTO counted VALUES (1)").await?;
        drop(client);
        connection.await??;
        Ok(())
    })
});

async fn add_and_sum(databases: &Databases) -> i64 {
    let database = databases.fresh().await;
    let client = database.connect().await;
    client.batch_execute("INSERT INTO counted VALUES (10)").await.unwrap();
    client.query_one("SELECT sum(n) FROM counted", &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn every_database_is_a_copy_of_its_own() {
    let (one, two, three) =
        tokio::join!(add_and_sum(&DATABASES), add_and_sum(&DATABASES), add_and_sum(&DATABASES));
    assert_eq!((one, two, three), (11, 11, 11));
    assert_eq!(PREPARED.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_database_is_dropped_after_its_value() {
    let kept = DATABASES.fresh().await;
    let dropped = DATABASES.fresh().await;
    let name = dropped.url().rsplit_once('/').unwrap().1.to_owned();
    let watcher = kept.connect().await;
    let count = "SELECT count(*) FROM pg_database WHERE datname = $1";
    assert_eq!(watcher.query_one(count, &[&name]).await.unwrap().get::<_, i64>(0), 1);
    let client = dropped.connect().await;
    drop(dropped);
    let deadline = Instant::now() + Duration::from_secs(20);
    while watcher.query_one(count, &[&name]).await.unwrap().get::<_, i64>(0) == 1 {
        assert!(Instant::now() < deadline, "{name} is still there");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(client.query("SELECT 1", &[]).await.is_err());
}

/// One runtime thread for all: were it blocked by a drop, whoever logs in meanwhile would wait for a minute.
#[tokio::test]
async fn dropping_a_database_does_not_hold_up_who_is_connecting() {
    let began = Instant::now();
    for _ in 0..5 {
        tokio::join!(add_and_sum(&DATABASES), add_and_sum(&DATABASES), add_and_sum(&DATABASES));
    }
    assert!(began.elapsed() < Duration::from_secs(50), "{:?}", began.elapsed());
}
