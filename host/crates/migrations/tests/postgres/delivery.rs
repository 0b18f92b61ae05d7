//! From the outbox to the mailboxes and out of them: `messaging.take`, `messaging.settle` and what belongs to them.

use std::time::Duration;

use serde_json::{Value, json};
use tokio_postgres::Client;
use tradepost_cluster::testing::TestDatabase;
use uuid::Uuid;

use crate::{MIGRATED, connect_as, number, wait_until_blocked};

const TYPE: &str = "tradepost.ordering.thing-happened.v1";
const LEASE_MILLISECONDS: i32 = 60_000;

async fn start() -> (TestDatabase, Client, Client) {
    let database = MIGRATED.fresh().await;
    let writer = connect_as(database.url(), "tradepost_ordering").await;
    let relay = connect_as(database.url(), "tradepost_messaging").await;
    (database, writer, relay)
}

fn event(key: &str, sequence: i64, kind: &str) -> String {
    format!(
        "INSERT INTO ordering.outbox (id, source, type, subject, time, partitionkey, sequence, data)
         VALUES (gen_random_uuid(), '/ordering', '{kind}', '{key}', now(), '{key}', {sequence}, '{{}}')"
    )
}

async fn write(writer: &Client, key: &str, sequence: i64) {
    writer.batch_execute(&event(key, sequence, TYPE)).await.unwrap();
}

/// What a turn was given: consumer, key, try, position and sequence of each event.
type Turn = Vec<(String, String, i32, i64, i64)>;

/// How much a turn takes at most.
struct Take {
    consumers: &'static [&'static str],
    lease_milliseconds: i32,
    mailboxes: i32,
    events: i32,
    bytes: i32,
}

impl Default for Take {
    fn default() -> Self {
        Self {
            consumers: &["views"],
            lease_milliseconds: LEASE_MILLISECONDS,
            mailboxes: 100,
            events: 100,
            bytes: 1 << 20,
        }
    }
}

impl Take {
    async fn by(self, relay: &Client, token: Uuid) -> Turn {
        let types = vec![TYPE; self.consumers.len()];
        let rows = relay
            .query(
                "SELECT consumer, partitionkey, attempts, position, sequence
                 FROM messaging.take($1, $2, $3::text::uuid, $4, $5, $6, $7)",
                &[
                    &self.consumers,
                    &types,
                    &token.to_string(),
                    &self.lease_milliseconds,
                    &self.mailboxes,
                    &self.events,
                    &self.bytes,
                ],
            )
            .await
            .unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4))).collect()
    }
}

async fn take(relay: &Client) -> (Uuid, Turn) {
    let token = Uuid::new_v4();
    (token, Take::default().by(relay, token).await)
}

/// The keys and sequences of a turn, in its order.
fn given(turn: &Turn) -> Vec<(&str, i64)> {
    turn.iter().map(|(_, key, _, _, sequence)| (key.as_str(), *sequence)).collect()
}

async fn settle(relay: &Client, token: Uuid, results: Value) -> i32 {
    relay
        .query_one(
            "SELECT messaging.settle($1::text::uuid, $2::text::jsonb)",
            &[&token.to_string(), &results.to_string()],
        )
        .await
        .unwrap()
        .get(0)
}

/// The result of a mailbox whose events went through up to the last that was given.
fn delivered(turn: &Turn, key: &str) -> Value {
    let last = turn.iter().filter(|given| given.1 == key).map(|given| given.3).max().unwrap();
    json!({"consumer": "views", "partitionkey": key, "through": last})
}

fn failed(key: &str, delay_milliseconds: i32) -> Value {
    json!({"consumer": "views", "partitionkey": key, "error": "it would not", "counts": true,
           "delay_milliseconds": delay_milliseconds})
}

fn set_aside(key: &str, id: Uuid) -> Value {
    json!({"consumer": "views", "partitionkey": key, "error": "never", "counts": true, "dead_letter_id": id.to_string()})
}

async fn rows_in(database: &TestDatabase, table: &str) -> i64 {
    number(&database.connect().await, &format!("SELECT count(*) FROM messaging.{table}")).await
}

#[tokio::test]
async fn an_event_goes_through_the_log_into_the_mailboxes_of_its_subscribers_and_out_again() {
    let (database, writer, relay) = start().await;
    write(&writer, "a", 1).await;
    writer.batch_execute(&event("a", 2, "of.no.interest")).await.unwrap();
    let (token, turn) = take(&relay).await;
    assert_eq!(given(&turn), [("a", 1)]);
    assert_eq!((rows_in(&database, "outbox").await, rows_in(&database, "events").await), (0, 2));
    assert_eq!(settle(&relay, token, json!([delivered(&turn, "a")])).await, 1);
    assert_eq!((rows_in(&database, "mailboxes").await, rows_in(&database, "deliveries").await), (0, 0));
    assert_eq!(take(&relay).await.1, []);
}

#[tokio::test]
async fn every_consumer_has_a_mailbox_of_its_own() {
    let (_database, writer, relay) = start().await;
    write(&writer, "a", 1).await;
    let both = Take { consumers: &["views", "mails"], ..Take::default() };
    let turn = both.by(&relay, Uuid::new_v4()).await;
    let consumers: Vec<&str> = turn.iter().map(|given| given.0.as_str()).collect();
    assert_eq!(consumers, ["mails", "views"]);
}

#[tokio::test]
async fn what_commits_late_is_not_skipped_and_the_order_of_the_log_is_that_of_the_commits() {
    let (database, writer, relay) = start().await;
    let slow = connect_as(database.url(), "tradepost_ordering").await;
    slow.batch_execute(&format!("BEGIN; {}", event("slow", 1, TYPE))).await.unwrap();
    write(&writer, "fast", 1).await;
    let (_, turn) = take(&relay).await;
    assert_eq!(given(&turn), [("fast", 1)]);
    slow.batch_execute("COMMIT").await.unwrap();
    let (_, turn) = take(&relay).await;
    assert_eq!(given(&turn), [("slow", 1)]);
    let reader = connect_as(database.url(), "tradepost_messaging_reader").await;
    let log = reader.query("SELECT subject FROM messaging.events ORDER BY position", &[]).await.unwrap();
    assert_eq!(log.iter().map(|row| row.get(0)).collect::<Vec<&str>>(), ["fast", "slow"]);
}

#[tokio::test]
async fn a_dispatcher_waits_for_the_one_before_it() {
    let (database, writer, relay) = start().await;
    write(&writer, "a", 1).await;
    relay.batch_execute("BEGIN").await.unwrap();
    let (_, first) = take(&relay).await;
    write(&writer, "a", 2).await;
    let second = connect_as(database.url(), "tradepost_messaging").await;
    let waiting = tokio::spawn(async move { take(&second).await.1 });
    wait_until_blocked(&database.connect().await).await;
    relay.batch_execute("COMMIT").await.unwrap();
    assert_eq!(given(&first), [("a", 1)]);
    // The mailbox is leased: its second event waits there for the first.
    assert_eq!(waiting.await.unwrap(), []);
    assert_eq!(rows_in(&database, "deliveries").await, 2);
}

#[tokio::test]
async fn whoever_comes_while_somebody_waits_leaves_at_once_and_the_one_who_waits_sees_all() {
    let (database, writer, relay) = start().await;
    relay.batch_execute("BEGIN").await.unwrap();
    assert_eq!(take(&relay).await.1, []);
    let second = connect_as(database.url(), "tradepost_messaging").await;
    let waiting = tokio::spawn(async move { take(&second).await.1 });
    wait_until_blocked(&database.connect().await).await;
    write(&writer, "a", 1).await;
    let third = connect_as(database.url(), "tradepost_messaging").await;
    assert_eq!(take(&third).await.1, []);
    relay.batch_execute("COMMIT").await.unwrap();
    assert_eq!(given(&waiting.await.unwrap()), [("a", 1)]);
}

#[tokio::test]
async fn whoever_gives_up_waiting_makes_room_for_the_next() {
    let (database, writer, relay) = start().await;
    relay.batch_execute("BEGIN").await.unwrap();
    take(&relay).await;
    let impatient = connect_as(database.url(), "tradepost_messaging").await;
    impatient.batch_execute("SET statement_timeout = '50ms'").await.unwrap();
    let nothing = "SELECT FROM messaging.take('{}', '{}', gen_random_uuid(), 1000, 1, 1, 1)";
    let gave_up = impatient.query(nothing, &[]).await.unwrap_err();
    assert_eq!(gave_up.code().unwrap().code(), "57014", "query_canceled");
    relay.batch_execute("COMMIT").await.unwrap();
    write(&writer, "a", 1).await;
    // His session is still there, and holds nothing.
    assert_eq!(given(&take(&relay).await.1), [("a", 1)]);
}

#[tokio::test]
async fn a_leased_mailbox_is_nobody_elses_until_its_lease_has_run_out() {
    let (_database, writer, relay) = start().await;
    write(&writer, "a", 1).await;
    let brief = Take { lease_milliseconds: 200, ..Take::default() };
    let lost = Uuid::new_v4();
    let turn = brief.by(&relay, lost).await;
    assert_eq!(take(&relay).await.1, []);
    tokio::time::sleep(Duration::from_millis(250)).await;
    let (token, again) = take(&relay).await;
    assert_eq!((given(&again), again[0].2), (vec![("a", 1)], 2), "the second try");
    assert_eq!(settle(&relay, lost, json!([failed("a", 0)])).await, 0, "too late");
    assert_eq!(settle(&relay, token, json!([delivered(&turn, "a")])).await, 1);
}

#[tokio::test]
async fn a_mailbox_gives_its_events_in_order_and_what_arrives_meanwhile_comes_next() {
    let (_database, writer, relay) = start().await;
    for sequence in 1..=3 {
        write(&writer, "a", sequence).await;
    }
    let token = Uuid::new_v4();
    let turn = Take { events: 2, ..Take::default() }.by(&relay, token).await;
    assert_eq!(given(&turn), [("a", 1), ("a", 2)]);
    write(&writer, "a", 4).await;
    assert_eq!(take(&relay).await.1, [], "dispatched behind, but leased");
    settle(&relay, token, json!([delivered(&turn, "a")])).await;
    assert_eq!(given(&take(&relay).await.1), [("a", 3), ("a", 4)]);
}

#[tokio::test]
async fn a_turn_is_bounded_in_mailboxes_and_in_bytes() {
    let (_database, writer, relay) = start().await;
    for key in ["a", "b", "c"] {
        write(&writer, key, 1).await;
        write(&writer, key, 2).await;
    }
    let first = Take { mailboxes: 1, ..Take::default() }.by(&relay, Uuid::new_v4()).await;
    assert_eq!(first.len(), 2, "{first:?}");
    let second = Take { bytes: 1, ..Take::default() }.by(&relay, Uuid::new_v4()).await;
    assert_eq!(second.len(), 1, "{second:?}");
    let third = take(&relay).await.1;
    assert_eq!(third.len(), 2, "what the second left was not leased to it: {third:?}");
}

#[tokio::test]
async fn a_failure_is_tried_again_later_alone_and_blocks_only_its_own_key() {
    let (_database, writer, relay) = start().await;
    for (key, sequence) in [("bad", 1), ("bad", 2), ("bad", 3), ("good", 1)] {
        write(&writer, key, sequence).await;
    }
    let (token, turn) = take(&relay).await;
    let first_of_bad = json!({"through": turn[0].3});
    let mut partly = failed("bad", 50);
    partly["through"] = first_of_bad["through"].clone();
    settle(&relay, token, json!([partly, delivered(&turn, "good")])).await;
    assert_eq!(take(&relay).await.1, [], "not yet");
    tokio::time::sleep(Duration::from_millis(80)).await;
    write(&writer, "good", 2).await;
    let (token, turn) = take(&relay).await;
    assert_eq!(given(&turn), [("bad", 2), ("good", 2)]);
    assert_eq!(turn.iter().map(|given| given.2).collect::<Vec<_>>(), [2, 1], "tries");
    settle(&relay, token, json!([delivered(&turn, "bad"), delivered(&turn, "good")])).await;
    assert_eq!(given(&take(&relay).await.1), [("bad", 3)]);
}

#[tokio::test]
async fn a_try_that_does_not_count_is_not_counted() {
    let (_database, writer, relay) = start().await;
    write(&writer, "a", 1).await;
    for _ in 0..3 {
        let (token, turn) = take(&relay).await;
        assert_eq!(turn[0].2, 1);
        let mut away = failed("a", 0);
        away["counts"] = false.into();
        settle(&relay, token, json!([away])).await;
    }
}

#[tokio::test]
async fn an_event_that_is_set_aside_holds_its_key_until_it_is_replayed() {
    let (database, writer, relay) = start().await;
    write(&writer, "a", 1).await;
    let (token, _) = take(&relay).await;
    let id = Uuid::now_v7();
    settle(&relay, token, json!([set_aside("a", id)])).await;
    write(&writer, "a", 2).await;
    write(&writer, "b", 1).await;
    assert_eq!(given(&take(&relay).await.1), [("b", 1)]);
    let letter = database
        .connect()
        .await
        .query_one("SELECT attempts, error, partitionkey FROM messaging.dead_letters", &[])
        .await
        .unwrap();
    assert_eq!((letter.get(0), letter.get(1), letter.get(2)), (1, "never", "a"));

    let again = "SELECT messaging.replay_dead_letter($1::text::uuid)";
    for (id, expected) in [(Uuid::now_v7(), false), (id, true), (id, false)] {
        assert_eq!(relay.query_one(again, &[&id.to_string()]).await.unwrap().get::<_, bool>(0), expected);
    }
    let (token, turn) = take(&relay).await;
    assert_eq!((given(&turn), turn[0].2), (vec![("a", 1), ("a", 2)], 1));
    settle(&relay, token, json!([delivered(&turn, "a")])).await;
    assert_eq!(rows_in(&database, "dead_letters").await, 0);
}

#[tokio::test]
async fn events_of_a_type_and_time_are_replayed_in_order_and_in_steps() {
    let (database, writer, relay) = start().await;
    for sequence in 1..=5 {
        write(&writer, "a", sequence).await;
    }
    let (token, turn) = take(&relay).await;
    settle(&relay, token, json!([delivered(&turn, "a")])).await;
    database
        .connect()
        .await
        .batch_execute(
            "UPDATE messaging.events SET time = 'epoch'::timestamptz + sequence * interval '1 second'",
        )
        .await
        .unwrap();
    let mut after: Option<i64> = None;
    let mut steps = Vec::new();
    loop {
        let step = relay
            .query_one(
                "SELECT replayed, last_position FROM messaging.replay('views', ARRAY[$1], 2000000, 5000000, $2, 2)",
                &[&TYPE, &after],
            )
            .await
            .unwrap();
        steps.push(step.get::<_, i64>(0));
        after = step.get(1);
        if after.is_none() {
            break;
        }
    }
    assert_eq!(steps, [2, 1]);
    assert_eq!(given(&take(&relay).await.1), [("a", 2), ("a", 3), ("a", 4)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_relays_at_once_lose_nothing_double_nothing_and_keep_every_keys_order() {
    const KEYS: i64 = 8;
    const EVENTS: i64 = 40;
    let (database, _, _) = start().await;
    let mut tasks = Vec::new();
    for key in 0..KEYS {
        let writer = connect_as(database.url(), "tradepost_ordering").await;
        tasks.push(tokio::spawn(async move {
            for sequence in 1..=EVENTS {
                write(&writer, &format!("key-{key}"), sequence).await;
            }
        }));
    }
    let mut relays = Vec::new();
    for _ in 0..4 {
        let relay = connect_as(database.url(), "tradepost_messaging").await;
        relays.push(tokio::spawn(async move {
            let mut seen = Vec::new();
            let mut idle = 0;
            while idle < 100 {
                let token = Uuid::new_v4();
                let turn = Take { mailboxes: 3, events: 2, ..Take::default() }.by(&relay, token).await;
                if turn.is_empty() {
                    idle += 1;
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    continue;
                }
                idle = 0;
                seen.extend(turn.iter().map(|given| (given.3, given.1.clone(), given.4)));
                let keys: std::collections::BTreeSet<&str> =
                    turn.iter().map(|given| given.1.as_str()).collect();
                let results = keys.into_iter().map(|key| delivered(&turn, key)).collect();
                settle(&relay, token, Value::Array(results)).await;
            }
            seen
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let mut seen = Vec::new();
    for relay in relays {
        seen.extend(relay.await.unwrap());
    }
    assert_eq!(seen.len(), usize::try_from(KEYS * EVENTS).unwrap());
    seen.sort_unstable();
    for key in 0..KEYS {
        let key = format!("key-{key}");
        let sequences = seen.iter().filter(|given| given.1 == key).map(|given| given.2);
        assert!(sequences.eq(1..=EVENTS), "{key}");
    }
}
