//! Behind ten million delivered events the relay's statements are as they were behind none: they go by indexes and
//! touch a few rows of the log.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use serde_json::{Value, json};
use tokio_postgres::{AsyncMessage, Client, NoTls};
use uuid::Uuid;

use crate::{MIGRATED, connect, number};

/// What is in the log and delivered to everybody.
const DELIVERED: u32 = 10_000_000;

/// Events written by hand for the statements to work on.
const FRESH: i32 = 20;

/// The most pages of anything that a statement may touch. With four levels of index for each of a few rows, a bulk scan
/// is out of the question: the log has over a hundred thousand pages.
const MOST_PAGES: u64 = 5_000;

const TYPE: &str = "tradepost.ordering.order-placed.v1";

/// Without its indexes the table fills four times as fast, and they are built from rows in order then. Nothing of that
/// shows in the plans, and neither does that it is not logged.
const FILL: &str = "
    ALTER TABLE messaging.events SET UNLOGGED;
    ALTER TABLE messaging.events DROP CONSTRAINT events_pkey, DROP CONSTRAINT events_id_key;
    DROP INDEX messaging.events_type_idx, messaging.events_subject_idx, messaging.events_source_idx;
    INSERT INTO messaging.events
        (position, id, source, type, subject, time, partitionkey, sequence, data, recorded_at, logged_at)
    SELECT number, lpad(to_hex(number), 32, '0')::uuid, '/ordering', 'tradepost.ordering.order-placed.v1',
           'order_' || number / 4, 'epoch', 'order_' || number / 4, number % 4 + 1, '{}', 'epoch', 'epoch'
    FROM generate_series(1, 10000000) AS number;
    SELECT setval('messaging.event_position', 10000000);";

/// Built two at a time.
const INDEXES: [&str; 2] = [
    "SET maintenance_work_mem = '256MB';
     CREATE UNIQUE INDEX events_pkey ON messaging.events (position);
     CREATE INDEX events_subject_idx ON messaging.events (subject, position);
     CREATE UNIQUE INDEX events_id_key ON messaging.events (id)",
    "SET maintenance_work_mem = '256MB';
     CREATE INDEX events_type_idx ON messaging.events (type, position);
     CREATE INDEX events_source_idx ON messaging.events (source, position)",
];

const CONSTRAINTS: &str = "
    ALTER TABLE messaging.events ADD CONSTRAINT events_pkey PRIMARY KEY USING INDEX events_pkey,
                                 ADD CONSTRAINT events_id_key UNIQUE USING INDEX events_id_key;
    ANALYZE messaging.events;";

async fn fill(url: &str) {
    let begin = Instant::now();
    let [one, two] = [connect(url).await, connect(url).await];
    one.batch_execute(FILL).await.unwrap();
    println!("filled after {:?}", begin.elapsed());
    let [first, second] = INDEXES;
    let (first, second) = tokio::join!(one.batch_execute(first), two.batch_execute(second));
    first.and(second).unwrap();
    println!("indexed after {:?}", begin.elapsed());
    one.batch_execute(CONSTRAINTS).await.unwrap();
    println!("ready after {:?}", begin.elapsed());
}

/// Has every statement of the session, those inside functions too, tell its plan and what it cost.
const EXPLAIN: &str = "
    LOAD 'auto_explain';
    SET auto_explain.log_min_duration = 0;
    SET auto_explain.log_nested_statements = on;
    SET auto_explain.log_analyze = on;
    SET auto_explain.log_buffers = on;
    SET auto_explain.log_timing = off;
    SET auto_explain.log_format = 'json';
    SET auto_explain.log_level = 'notice';
    SET ROLE tradepost_messaging;";

/// A connection whose notices are kept.
async fn explained(url: &str) -> (Client, Arc<Mutex<Vec<Value>>>) {
    let (client, mut connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let plans = Arc::new(Mutex::new(Vec::new()));
    let kept = plans.clone();
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            let AsyncMessage::Notice(notice) = message else { continue };
            if let Some((_, plan)) = notice.message().split_once("plan:\n") {
                kept.lock().unwrap().push(serde_json::from_str(plan).unwrap());
            }
        }
    });
    client.batch_execute(EXPLAIN).await.unwrap();
    (client, plans)
}

/// Every node of a plan.
fn nodes(plan: &Value) -> Vec<&Value> {
    let children = plan["Plans"].as_array().into_iter().flatten();
    std::iter::once(plan).chain(children.flat_map(nodes)).collect()
}

/// Checks what was explained since the last time, and forgets it.
#[track_caller]
fn check(statement: &str, plans: &Mutex<Vec<Value>>) {
    let plans = std::mem::take(&mut *plans.lock().unwrap());
    let mut on_the_log = 0;
    for explained in &plans {
        let plan = &explained["Plan"];
        let pages = ["Shared Hit Blocks", "Shared Read Blocks"].map(|kind| plan[kind].as_u64().unwrap_or(0));
        assert!(pages.iter().sum::<u64>() < MOST_PAGES, "{statement} touches {pages:?} pages: {explained:#}");
        for node in nodes(plan).into_iter().filter(|node| node["Relation Name"] == "events") {
            let kind = node["Node Type"].as_str().unwrap();
            assert!(
                ["Index Scan", "Index Only Scan", "Bitmap Heap Scan", "ModifyTable"].contains(&kind),
                "{statement} has a {kind} on the log: {explained:#}"
            );
            let removed = node["Rows Removed by Filter"].as_u64().unwrap_or(0);
            let rows = node["Actual Rows"].as_u64().unwrap() * node["Actual Loops"].as_u64().unwrap();
            assert!(
                rows + removed <= 1_000,
                "{statement} goes through {rows} + {removed} rows: {explained:#}"
            );
            on_the_log += 1;
        }
    }
    println!("{statement}: {} statements explained, {on_the_log} scans of the log", plans.len());
    assert!(!plans.is_empty(), "{statement} was not explained");
}

/// What a turn is given: consumer, key and position of each event.
async fn take(session: &Client, token: Uuid) -> Vec<(String, String, i64)> {
    let statement = format!(
        "SELECT consumer, partitionkey, position
         FROM messaging.take(ARRAY['x', 'y'], ARRAY['{TYPE}', '{TYPE}'], '{token}', 60000, 64, 64, 1048576,
                             ARRAY[NULL, 'customer'])"
    );
    let rows = session.query(&statement, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

async fn settle(session: &Client, token: Uuid, results: &Value) -> i32 {
    let statement = format!("SELECT messaging.settle('{token}', $1::text::jsonb)");
    session.query_one(&statement, &[&results.to_string()]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_ten_million_events_no_statement_of_the_relay_goes_through_the_log() {
    let database = MIGRATED.fresh().await;
    let operator = database.connect().await;
    fill(database.url()).await;
    let last = number(&operator, "SELECT max(position) FROM messaging.events").await;
    assert_eq!(last, i64::from(DELIVERED));

    let (session, plans) = explained(database.url()).await;
    // More than five times, because Postgres may then change to a plan that knows no parameters.
    for round in 0..7 {
        let publish = format!(
            "INSERT INTO ordering.outbox (id, source, type, subject, time, partitionkey, sequence, data)
             SELECT gen_random_uuid(), '/ordering', '{TYPE}', 'fresh', now(), 'key ' || number, {round} + 1,
                    jsonb_build_object('customer', 'customer ' || number)
             FROM generate_series(1, {FRESH}) AS number"
        );
        operator.batch_execute(&publish).await.unwrap();

        let token = Uuid::now_v7();
        let turns = take(&session, token).await;
        assert_eq!(i32::try_from(turns.len()).unwrap(), 2 * FRESH);
        check("take", &plans);

        let letter = &Uuid::now_v7().to_string();
        let results = turns.iter().map(|(consumer, key, position)| {
            let aside = consumer == "x" && key == "key 1";
            json!({
                "consumer": consumer, "partitionkey": key, "through": (!aside).then_some(position),
                "error": aside.then_some("an error"), "delay_milliseconds": null, "counts": true,
                "dead_letter_id": aside.then_some(letter),
            })
        });
        let results: Value = results.collect();
        assert_eq!(settle(&session, token, &results).await, 2 * FRESH);
        check("settle", &plans);

        let resume = format!("SELECT messaging.replay_dead_letter('{letter}')");
        assert!(session.query_one(&resume, &[]).await.unwrap().get::<_, bool>(0));
        check("replay_dead_letter", &plans);

        let token = Uuid::now_v7();
        let again = take(&session, token).await;
        assert_eq!(again.len(), 1);
        let result = json!([{"consumer": "x", "partitionkey": "key 1", "through": again[0].2}]);
        assert_eq!(settle(&session, token, &result).await, 1);
        check("the second turn", &plans);
    }
    assert_eq!(number(&operator, "SELECT count(*) FROM messaging.mailboxes").await, 0);

    // A frequent type, a type that there is none of, and both.
    for types in [vec![TYPE], vec!["rare.v1"], vec![TYPE, "rare.v1"]] {
        let replay = "SELECT replayed FROM messaging.replay('x', $1, NULL, NULL, 5000000, 100)";
        let replayed: i64 = session.query_one(replay, &[&types]).await.unwrap().get(0);
        assert_eq!(replayed, if types.contains(&TYPE) { 100 } else { 0 });
        check(&format!("replay of {types:?}"), &plans);
    }
    // A step that finds nothing of its key looks no further than one that does.
    let replay = "SELECT replayed FROM messaging.replay('y', $1, NULL, NULL, 5000000, 100, 'customer')";
    assert_eq!(session.query_one(replay, &[&vec![TYPE]]).await.unwrap().get::<_, i64>(0), 0);
    check("replay by a key that no event has", &plans);
}
