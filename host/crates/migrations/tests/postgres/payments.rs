//! `payment.append_all` and its neighbours: many streams in one statement, each whole or not at all.

use futures::future::join_all;
use serde_json::{Value, json};
use tokio_postgres::Client;
use tradepost_cluster::testing::TestDatabase;
use uuid::Uuid;

use crate::append::{THEN_MICROSECONDS, uuid};
use crate::{MIGRATED, connect_as, number};

pub(crate) async fn payer(database: &TestDatabase) -> Client {
    connect_as(database.url(), "tradepost_payment").await
}

pub(crate) fn payment(number: u32) -> String {
    uuid(0xa, number)
}

/// An event that moves nothing, or what is said.
pub(crate) fn event(event_type: &str, amount: i64, transfers: &Value) -> Value {
    let data = json!({"amount": {"amount": amount, "currency": "EUR"}});
    json!({
        "id": Uuid::now_v7().to_string(), "type": format!("tradepost.payment.{event_type}.v1"), "data": data,
        "published": {"payment": {"status": "pending", "at": event_type}},
        "occurred_at": THEN_MICROSECONDS, "transfers": transfers,
    })
}

/// An entry with `events` plain events.
pub(crate) fn entry(number: u32, expected_version: i64, events: usize) -> Value {
    let events: Vec<Value> = (0..events).map(|_| event("payment-requested", 1, &json!([]))).collect();
    with_events(number, expected_version, &events)
}

pub(crate) fn with_events(number: u32, expected_version: i64, events: &[Value]) -> Value {
    json!({
        "payment_id": payment(number), "subject": format!("order_{number}"),
        "expected_version": expected_version, "actor": "a-test", "traceparent": null, "due_at": null,
        "email_digest": null, "method_digest": null, "events": events,
    })
}

/// What became of each entry: its stream's new version, or nothing.
pub(crate) async fn append_all(client: &Client, entries: &Value) -> Vec<Option<i64>> {
    try_append(client, entries).await.unwrap()
}

pub(crate) async fn try_append(
    client: &Client,
    entries: &Value,
) -> Result<Vec<Option<i64>>, tokio_postgres::Error> {
    let call = "SELECT outcome, version FROM payment.append_all($1::text::jsonb) ORDER BY ordinal";
    let rows = client.query(call, &[&entries.to_string()]).await?;
    let outcome = |row: &tokio_postgres::Row| {
        let version: Option<i64> = row.get(1);
        let expected = if version.is_some() { "appended" } else { "version_conflict" };
        assert_eq!(row.get::<_, String>(0), expected);
        version
    };
    Ok(rows.iter().map(outcome).collect())
}

async fn due(client: &Client, at: i64, limit: i32) -> Vec<String> {
    let rows = client.query("SELECT payment_id::text FROM payment.take_due($1, $2)", &[&at, &limit]).await;
    let mut due: Vec<String> = rows.unwrap().iter().map(|row| row.get(0)).collect();
    due.sort();
    due
}

#[tokio::test(flavor = "multi_thread")]
async fn each_entry_is_written_whole_or_not_at_all_and_keeps_no_other_back() {
    let database = MIGRATED.fresh().await;
    let (client, operator) = (payer(&database).await, database.connect().await);
    assert_eq!(append_all(&client, &json!([entry(1, 0, 2), entry(2, 0, 1)])).await, [Some(2), Some(1)]);
    let mixed = json!([entry(4, 3, 1), entry(3, 0, 3), entry(2, 0, 1), entry(1, 2, 1)]);
    assert_eq!(append_all(&client, &mixed).await, [None, Some(3), None, Some(3)]);
    let streams = "SELECT string_agg(payment_id || ':' || version, ' ' ORDER BY payment_id, version)
                   FROM payment.payment_events";
    let streams: String = operator.query_one(streams, &[]).await.unwrap().get(0);
    let expected = [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (3, 2), (3, 3)];
    let expected = expected.map(|(stream, version)| format!("{}:{version}", payment(stream)));
    assert_eq!(streams, expected.join(" "));
    let outbox = "SELECT count(*) FROM payment.outbox AS told JOIN payment.payment_events AS event
                  ON told.id = event.event_id AND told.sequence = event.version
                  WHERE told.subject = 'order_' || ltrim(right(payment_id::text, 12), '0')
                    AND told.partitionkey = told.subject AND told.data ? 'payment'";
    assert_eq!(number(&operator, outbox).await, 7);
    let heads = "SELECT count(*) FROM payment.payments
                 WHERE version = 3 AND view->>'at' = 'payment-requested' AND status = 'pending'";
    assert_eq!(number(&operator, heads).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_call_writes_nothing() {
    let database = MIGRATED.fresh().await;
    let (client, operator) = (payer(&database).await, database.connect().await);
    let with = |member: &str, value: Value| {
        let mut entry = entry(1, 0, 1);
        entry[member] = value;
        json!([entry])
    };
    let mut colourful = entry(1, 0, 1);
    colourful["events"][0]["published"]["payment"]["status"] = json!("purple");
    for (call, code) in [
        (json!([]), "22023"),
        (json!({}), "22023"),
        (json!(null), "22023"),
        (with("expected_version", json!(-1)), "22023"),
        (with("expected_version", json!(null)), "22023"),
        (with("events", json!([])), "22023"),
        (with("events", json!(null)), "22023"),
        (with("email_digest", json!("00")), "23514"),
        (json!([colourful]), "23514"),
        (json!([entry(2, 0, 1), entry(2, 0, 1)]), "23505"),
    ] {
        let error = try_append(&client, &call).await.unwrap_err();
        assert_eq!(error.code().map(tokio_postgres::error::SqlState::code), Some(code), "{call}");
    }
    for table in ["payments", "payment_events", "outbox"] {
        assert_eq!(number(&operator, &format!("SELECT count(*) FROM payment.{table}")).await, 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_append_the_same_streams_in_any_order_each_stream_lets_one_through() {
    const STREAMS: u32 = 40;
    const APPENDERS: u32 = 16;
    let database = MIGRATED.fresh().await;
    let clients = join_all((0..APPENDERS).map(|_| payer(&database))).await;
    for version in 0..10 {
        let outcomes = join_all(clients.iter().zip(0..).map(async |(client, turn)| {
            // Every appender has the streams in another order.
            let entries: Vec<Value> =
                (0..STREAMS).map(|n| entry((n * 7 + turn * 11) % STREAMS + 1, version, 1)).collect();
            append_all(client, &json!(entries)).await
        }))
        .await;
        let written = outcomes.iter().flatten().filter(|version| version.is_some()).count();
        assert_eq!(written, STREAMS as usize, "version {version}");
    }
    let operator = database.connect().await;
    assert_eq!(
        number(&operator, "SELECT count(*) FROM payment.payment_events").await,
        i64::from(STREAMS) * 10
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_is_taken_by_one_and_comes_back_later_and_later_until_something_is_appended() {
    const SECOND: i64 = 1_000_000;
    let database = MIGRATED.fresh().await;
    let clients = join_all((0..4).map(|_| payer(&database))).await;
    let client = &clients[0];
    let at = THEN_MICROSECONDS;
    let started: Vec<Value> = (1..=10)
        .map(|n| {
            let mut entry = entry(n, 0, 1);
            entry["due_at"] = json!((n < 10).then(|| at + i64::from(n) * SECOND));
            entry
        })
        .collect();
    append_all(client, &json!(started)).await;
    assert_eq!(due(client, at, 50).await, Vec::<String>::new());
    assert_eq!(due(client, at + 3 * SECOND, 2).await, [payment(1), payment(2)]);
    assert_eq!(due(client, at + 3 * SECOND, 2).await, [payment(3)]);
    let shared = join_all(clients.iter().map(|client| due(client, at + 9 * SECOND, 2))).await;
    let mut shared = shared.concat();
    shared.extend(due(client, at + 9 * SECOND, 50).await);
    shared.sort();
    assert_eq!(shared, (4..=9).map(payment).collect::<Vec<_>>(), "each is taken once");

    let (mut now, mut pause) = (at + 3 * SECOND, 15 * SECOND);
    for _ in 0..9 {
        let first = payment(3);
        assert!(!due(client, now + pause - 1, 50).await.contains(&first), "{pause}");
        now += pause;
        assert!(due(client, now, 50).await.contains(&first), "{pause}");
        pause = (2 * pause).min(900 * SECOND);
    }
    let mut again = entry(3, 1, 1);
    again["due_at"] = json!(now + SECOND);
    append_all(client, &json!([again])).await;
    now += SECOND;
    assert!(due(client, now, 50).await.contains(&payment(3)));
    assert!(!due(client, now + 14 * SECOND, 50).await.contains(&payment(3)));
    assert!(due(client, now + 15 * SECOND, 50).await.contains(&payment(3)));
    append_all(client, &json!([entry(3, 2, 1)])).await;
    assert!(!due(client, now + 10_000 * SECOND, 50).await.contains(&payment(3)), "nothing is left to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_of_the_hour_before_are_counted_by_digest_and_no_further_than_a_hundred() {
    let database = MIGRATED.fresh().await;
    let client = payer(&database).await;
    let minute = 60_000_000_i64;
    let with = |n: u32, minutes: i64, email: Option<u8>, method: Option<u8>| {
        let digest = |byte: Option<u8>| byte.map(|byte| format!("{byte:02x}").repeat(32));
        let mut entry = entry(n, 0, 1);
        entry["events"][0]["occurred_at"] = json!(THEN_MICROSECONDS + minutes * minute);
        (entry["email_digest"], entry["method_digest"]) = (json!(digest(email)), json!(digest(method)));
        entry
    };
    let entries = json!([
        with(1, -61, Some(1), Some(9)),
        with(2, -59, Some(1), Some(8)),
        with(3, -1, Some(2), Some(9)),
        with(4, 0, Some(1), Some(9)),
        with(5, 1, Some(1), Some(9)),
        with(6, 0, None, None),
    ]);
    append_all(&client, &entries).await;
    let recent = async |n: u32, asked: bool| {
        let call = "SELECT recent_email, recent_method FROM payment.load_all(ARRAY[$1::text::uuid], $2)";
        let row = client.query_one(call, &[&payment(n), &asked]).await.unwrap();
        (row.get::<_, Option<i64>>(0), row.get::<_, Option<i64>>(1))
    };
    assert_eq!(recent(4, true).await, (Some(1), Some(1)));
    assert_eq!(recent(5, true).await, (Some(2), Some(2)), "an hour before to the microsecond counts");
    assert_eq!(recent(6, true).await, (Some(0), Some(0)));
    assert_eq!(recent(4, false).await, (None, None));
    let many: Vec<Value> = (100..250).map(|n| with(n, 2, Some(1), None)).collect();
    append_all(&client, &json!(many)).await;
    append_all(&client, &json!([with(300, 3, Some(1), None)])).await;
    assert_eq!(recent(300, true).await, (Some(100), Some(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_many_payments_no_statement_goes_through_all_of_them() {
    let database = MIGRATED.fresh().await;
    let (client, operator) = (payer(&database).await, database.connect().await);
    let a_few: Vec<Value> = (1..=5).map(|n| entry(n, 0, 1)).collect();
    let statements = async |round: u32| {
        let version = i64::from(round);
        let go_on: Vec<Value> = (1..=5).map(|n| entry(n, version, 1)).collect();
        assert_eq!(append_all(&client, &json!(go_on)).await, vec![Some(version + 1); 5]);
        let begin = json!([entry(1_000_000 + round, 0, 1)]);
        assert_eq!(append_all(&client, &begin).await, [Some(1)]);
        let ids: Vec<String> = (1..=5).map(payment).collect();
        let load = "SELECT count(*) FROM payment.load_all($1::text[]::uuid[], true)";
        assert_eq!(client.query_one(load, &[&ids]).await.unwrap().get::<_, i64>(0), 5);
        due(&client, THEN_MICROSECONDS, 50).await;
    };
    append_all(&client, &json!(a_few)).await;
    // Whatever plan is kept from now on was made while there was nothing.
    for round in 1..=7 {
        statements(round).await;
    }
    operator
        .batch_execute(
            "INSERT INTO payment.payments
                 (payment_id, version, status, created_at, email_digest, method_digest, view)
             SELECT gen_random_uuid(), 1, 'succeeded', now(), decode(repeat('01', 32), 'hex'),
                    decode(repeat('02', 32), 'hex'), '{}'
             FROM generate_series(1, 100000);
             INSERT INTO payment.payment_events
                 (payment_id, version, event_id, type, data, actor, occurred_at)
             SELECT payment_id, 1, gen_random_uuid(), 'x', '{}', 'x', now() FROM payment.payments
             ON CONFLICT DO NOTHING;
             SELECT pg_stat_force_next_flush()",
        )
        .await
        .unwrap();
    let rows_read = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_user_tables
                     WHERE schemaname = 'payment'";
    let flush = async || client.batch_execute("SELECT pg_stat_force_next_flush()").await.unwrap();
    flush().await;
    let before = number(&operator, rows_read).await;
    for round in 8..=15 {
        statements(round).await;
    }
    flush().await;
    let read = number(&operator, rows_read).await - before;
    assert!((1..10_000).contains(&read), "{read} rows were read");
}
