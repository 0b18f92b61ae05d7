//! How answers that were kept under idempotency keys are swept away in every context.

use crate::{MIGRATED, connect_as, number};

const CONTEXTS: [&str; 6] = ["catalog", "identity", "inventory", "messaging", "ordering", "payment"];

/// Keeps `count` answers in a context, which expire so long after now.
fn keep(context: &str, name: &str, count: u32, expires_in: &str) -> String {
    format!(
        "INSERT INTO {context}.idempotency_keys
             (principal, method, path, key, fingerprint, status, body, expires_at)
         SELECT 'p', 'POST', '/', '{name}' || n, sha256('x'), 200, '', now() + interval '{expires_in}'
         FROM generate_series(1, {count}) AS n"
    )
}

#[tokio::test]
async fn every_context_that_keeps_answers_lets_them_be_swept_away() {
    let database = MIGRATED.fresh().await;
    let client = database.connect().await;
    let keeping = client
        .query("SELECT schemaname::text FROM pg_tables WHERE tablename = 'idempotency_keys' ORDER BY 1", &[])
        .await
        .unwrap();
    assert_eq!(keeping.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>(), CONTEXTS);
}

#[tokio::test]
async fn what_has_expired_goes_oldest_first_and_no_more_than_was_asked() {
    let database = MIGRATED.fresh().await;
    let observer = database.connect().await;
    let sweep = connect_as(database.url(), "tradepost_idempotency_expiry").await;
    for context in CONTEXTS {
        let own = connect_as(database.url(), &format!("tradepost_{context}")).await;
        own.batch_execute(&keep(context, "old", 3, "-2 hours")).await.unwrap();
        own.batch_execute(&keep(context, "new", 3, "-1 hour")).await.unwrap();
        own.batch_execute(&keep(context, "kept", 3, "1 hour")).await.unwrap();
        let swept = format!("SELECT {context}.expire_idempotency_keys(4)::bigint");
        assert_eq!(number(&sweep, &swept).await, 4, "{context}");
        let left =
            |name: &str| format!("SELECT count(*) FROM {context}.idempotency_keys WHERE key LIKE '{name}%'");
        assert_eq!(number(&observer, &left("old")).await, 0, "{context}");
        assert_eq!(number(&observer, &left("new")).await, 2, "{context}");
        assert_eq!(number(&sweep, &swept).await, 2, "{context}");
        assert_eq!(number(&sweep, &swept).await, 0, "{context}");
        assert_eq!(number(&observer, &left("kept")).await, 3, "{context}");
    }
}

#[tokio::test]
async fn the_sweep_does_not_wait_for_a_command_that_takes_an_expired_key_over() {
    let database = MIGRATED.fresh().await;
    let (mut command, sweep) = (
        connect_as(database.url(), "tradepost_catalog").await,
        connect_as(database.url(), "tradepost_idempotency_expiry").await,
    );
    command.batch_execute(&keep("catalog", "k", 2, "-1 hour")).await.unwrap();
    let running = command.transaction().await.unwrap();
    running
        .batch_execute(
            "SELECT catalog.claim_idempotency_key(
                 ROW('p', 'POST', '/', 'k1', sha256('y'), 201, NULL, 'b', 4102444800000000)
                     ::idempotency.kept_answer)",
        )
        .await
        .unwrap();
    let swept = "SELECT catalog.expire_idempotency_keys(100)::bigint";
    assert_eq!(number(&sweep, swept).await, 1, "the other one");
    running.commit().await.unwrap();
    assert_eq!(number(&sweep, swept).await, 0);
    assert_eq!(number(&command, "SELECT count(*) FROM catalog.idempotency_keys").await, 1);
}

#[tokio::test]
async fn a_sweep_reads_what_it_deletes_and_not_what_is_kept() {
    let database = MIGRATED.fresh().await;
    let client = database.connect().await;
    client.batch_execute(&keep("ordering", "kept", 20_000, "1 hour")).await.unwrap();
    client.batch_execute(&keep("ordering", "old", 10, "-1 hour")).await.unwrap();
    client.batch_execute("VACUUM ANALYZE ordering.idempotency_keys").await.unwrap();
    // The first call of a session reads the catalog, too.
    number(&client, "SELECT ordering.expire_idempotency_keys(1)::bigint").await;
    let explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) SELECT ordering.expire_idempotency_keys(100)";
    let plan: Vec<String> = client.query(explain, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let hits = plan.iter().find_map(|line| line.trim().strip_prefix("Buffers: shared hit=")).unwrap();
    let hits: u32 = hits.split(' ').next().unwrap().parse().unwrap();
    // The table has 250 pages or more.
    assert!(hits < 200, "{plan:#?}");
}
