//! `ordering.append_order_events`, one call at a time.

use serde_json::{Value, json};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};
use tradepost_cluster::testing::TestDatabase;

use crate::{MIGRATED, connect_as, number, refusal};

/// 2025-11-22 12:38:26.123457 UTC: the last digit is lost where microseconds pass through a 32-bit or rounded value.
pub(crate) const THEN_MICROSECONDS: i64 = 1_763_815_106_123_457;
/// In the year 2100.
const LATER_MICROSECONDS: i64 = 4_102_444_800_000_000;

/// Ids that tests can count on: the kind in front, the number behind.
pub(crate) fn uuid(kind: u32, number: u32) -> String {
    format!("{kind:08x}-0000-7000-8000-{number:012x}")
}

/// An append; its defaults start order 1 with one event and no key.
#[derive(Clone, Debug)]
pub(crate) struct Append {
    pub(crate) order: u32,
    pub(crate) expected_version: i64,
    /// The numbers of its events.
    pub(crate) events: Vec<u32>,
    pub(crate) key: Option<&'static str>,
    pub(crate) fingerprint: [u8; 32],
    pub(crate) body: Vec<u8>,
    pub(crate) expires_microseconds: i64,
}

impl Default for Append {
    fn default() -> Self {
        Self {
            order: 1,
            expected_version: 0,
            events: vec![1],
            key: None,
            fingerprint: [7; 32],
            body: b"{\"ok\": true}".to_vec(),
            expires_microseconds: LATER_MICROSECONDS,
        }
    }
}

/// What the function answered.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Answer {
    Appended(i64),
    Replayed { status: i32, location: Option<String>, body: Vec<u8> },
    KeyReused,
    VersionConflict,
}

impl From<Row> for Answer {
    fn from(row: Row) -> Self {
        let (version, status, body): (Option<i64>, Option<i32>, Option<Vec<u8>>) =
            (row.get("version"), row.get("status"), row.get("body"));
        let location: Option<String> = row.get("location");
        match (row.get("outcome"), version, status, body) {
            ("appended", Some(version), None, None) => Self::Appended(version),
            ("replayed", None, Some(status), Some(body)) => Self::Replayed { status, location, body },
            ("key_reused", None, None, None) if location.is_none() => Self::KeyReused,
            ("version_conflict", None, None, None) if location.is_none() => Self::VersionConflict,
            other => panic!("{other:?}"),
        }
    }
}

impl Append {
    pub(crate) async fn call(&self, client: &Client) -> Result<Answer, tokio_postgres::Error> {
        let status = 201_i32;
        let key = self.key.map(|key| ("anonymous", "POST", "/orders", key));
        let entries = json!([self.entry()]).to_string();
        let arguments: [&(dyn ToSql + Sync); 10] = [
            &key.map(|key| key.0),
            &key.map(|key| key.1),
            &key.map(|key| key.2),
            &key.map(|key| key.3),
            &key.map(|_| self.fingerprint.as_slice()),
            &key.map(|_| status),
            &key.map(|_| "/orders/order_1"),
            &key.map(|_| self.body.as_slice()),
            &key.map(|_| self.expires_microseconds),
            &entries,
        ];
        let call = "SELECT * FROM ordering.append_order_events(
            $10::text::json,
            ROW($1::text, $2::text, $3::text, $4::text, $5::bytea, $6::int, $7::text, $8::bytea, $9::bigint)
                ::idempotency.kept_answer)";
        let mut rows = client.query(call, &arguments).await?;
        assert_eq!(rows.len(), 1);
        Ok(rows.remove(0).into())
    }

    /// The entry as the function takes it.
    pub(crate) fn entry(&self) -> Value {
        let events: Value = self
            .events
            .iter()
            .map(|number| {
                json!({
                    "id": uuid(0xe, *number),
                    "type": "tradepost.ordering.thing-happened.v1",
                    "data": {"n": number},
                    "published": {"n": number, "told": true},
                    "caused_by": uuid(0xc, *number),
                    "occurred_at": THEN_MICROSECONDS + i64::from(*number),
                })
            })
            .collect();
        json!({
            "order_id": uuid(0xa, self.order),
            "subject": "order_1",
            "expected_version": self.expected_version,
            "actor": "anonymous",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "head": {
                "customer": null,
                "status": "pending",
                "created_at": THEN_MICROSECONDS,
                "status_since": THEN_MICROSECONDS,
                "view": {"events": self.events},
            },
            "events": events,
        })
    }

    pub(crate) fn replay(&self) -> Answer {
        Answer::Replayed {
            status: 201,
            location: Some("/orders/order_1".to_owned()),
            body: self.body.clone(),
        }
    }
}

/// How many rows the three tables hold, seen by the superuser: events, outbox, keys.
pub(crate) async fn rows(database: &TestDatabase) -> [i64; 3] {
    let client = database.connect().await;
    let mut counts = [0; 3];
    for (count, table) in counts.iter_mut().zip(["order_events", "outbox", "idempotency_keys"]) {
        *count = number(&client, &format!("SELECT count(*) FROM ordering.{table}")).await;
    }
    counts
}

async fn start() -> (TestDatabase, Client) {
    let database = MIGRATED.fresh().await;
    let client = connect_as(database.url(), "tradepost_ordering").await;
    (database, client)
}

#[tokio::test]
async fn events_go_into_the_stream_and_the_outbox_with_consecutive_versions() {
    let (database, client) = start().await;
    let first = Append { events: vec![1, 2], key: Some("k"), ..Append::default() };
    assert_eq!(first.call(&client).await.unwrap(), Answer::Appended(2));
    let second = Append { events: vec![3], expected_version: 2, ..Append::default() };
    assert_eq!(second.call(&client).await.unwrap(), Answer::Appended(3));

    let superuser = database.connect().await;
    let stream = superuser
        .query(
            "SELECT version, event_id::text, data->>'n', (extract(epoch FROM occurred_at) * 1000000)::bigint,
                    actor, traceparent, order_id::text, data::text, caused_by::text
             FROM ordering.order_events ORDER BY version",
            &[],
        )
        .await
        .unwrap();
    let outbox = superuser
        .query(
            "SELECT sequence, id::text, data->>'n', (extract(epoch FROM time) * 1000000)::bigint,
                    source, traceparent, subject, partitionkey, type, data->>'told'
             FROM ordering.outbox ORDER BY position",
            &[],
        )
        .await
        .unwrap();
    assert_eq!((stream.len(), outbox.len()), (3, 3));
    for (number, (event, out)) in (1..).zip(stream.iter().zip(&outbox)) {
        for row in [event, out] {
            assert_eq!(row.get::<_, i64>(0), i64::from(number));
            assert_eq!(row.get::<_, String>(1), uuid(0xe, number));
            assert_eq!(row.get::<_, String>(2), number.to_string());
            assert_eq!(row.get::<_, i64>(3), THEN_MICROSECONDS + i64::from(number));
            assert!(row.get::<_, String>(5).starts_with("00-0af7651916cd43dd8448eb211c80319c"));
        }
        assert_eq!(event.get::<_, String>(6), uuid(0xa, 1));
        assert_eq!(event.get::<_, String>(4), "anonymous");
        assert_eq!(event.get::<_, String>(7), format!(r#"{{"n": {number}}}"#));
        assert_eq!(event.get::<_, String>(8), uuid(0xc, number));
        assert_eq!(out.get::<_, String>(4), "/ordering");
        assert_eq!((out.get::<_, &str>(6), out.get::<_, &str>(7)), ("order_1", "order_1"));
        assert_eq!(out.get::<_, String>(8), "tradepost.ordering.thing-happened.v1");
        assert_eq!(out.get::<_, &str>(9), "true");
    }
    let expires = "SELECT (extract(epoch FROM expires_at) * 1000000)::bigint FROM ordering.idempotency_keys";
    assert_eq!(number(&superuser, expires).await, LATER_MICROSECONDS);
}

#[tokio::test]
async fn a_key_that_was_used_answers_with_the_first_answer_byte_for_byte() {
    let (database, client) = start().await;
    let first = Append { key: Some("k"), body: vec![0, 255, b'{', 0], ..Append::default() };
    assert_eq!(first.call(&client).await.unwrap(), Answer::Appended(1));
    // A retry that made a new order id, as a command does that starts from nothing.
    let retry = Append { order: 2, events: vec![2], body: b"other".to_vec(), ..first.clone() };
    assert_eq!(retry.call(&client).await.unwrap(), first.replay());
    // And one whose expected version is out of date by its own first success.
    assert_eq!(first.call(&client).await.unwrap(), first.replay());
    assert_eq!(rows(&database).await, [1, 1, 1]);
}

#[tokio::test]
async fn a_key_that_was_used_for_another_body_is_refused() {
    let (database, client) = start().await;
    let first = Append { key: Some("k"), ..Append::default() };
    assert_eq!(first.call(&client).await.unwrap(), Answer::Appended(1));
    let other = Append { order: 2, events: vec![2], fingerprint: [8; 32], ..first };
    assert_eq!(other.call(&client).await.unwrap(), Answer::KeyReused);
    assert_eq!(rows(&database).await, [1, 1, 1]);
}

#[tokio::test]
async fn an_expired_key_counts_as_unused() {
    let (database, client) = start().await;
    let first = Append { key: Some("k"), expires_microseconds: THEN_MICROSECONDS, ..Append::default() };
    assert_eq!(first.call(&client).await.unwrap(), Answer::Appended(1));
    let second = Append {
        order: 2,
        events: vec![2],
        fingerprint: [8; 32],
        body: b"new".to_vec(),
        expires_microseconds: LATER_MICROSECONDS,
        ..first
    };
    assert_eq!(second.call(&client).await.unwrap(), Answer::Appended(1));
    assert_eq!(second.call(&client).await.unwrap(), second.replay());
    assert_eq!(rows(&database).await, [2, 2, 1]);
}

#[tokio::test]
async fn a_stream_at_another_version_is_a_conflict_that_leaves_nothing() {
    let (database, client) = start().await;
    let first = Append { events: vec![1, 2], ..Append::default() };
    assert_eq!(first.call(&client).await.unwrap(), Answer::Appended(2));
    for (order, expected_version) in [(1, 0), (1, 1), (1, 3), (2, 1)] {
        let late =
            Append { order, expected_version, events: vec![3, 4, 5], key: Some("k"), ..Append::default() };
        assert_eq!(late.call(&client).await.unwrap(), Answer::VersionConflict, "{late:?}");
        assert_eq!(rows(&database).await, [2, 2, 0], "{late:?}");
    }
    // The key is free for the attempt that loads again and decides again.
    let again = Append { expected_version: 2, events: vec![3], key: Some("k"), ..Append::default() };
    assert_eq!(again.call(&client).await.unwrap(), Answer::Appended(3));
}

#[tokio::test]
async fn a_conflict_under_an_expired_key_frees_the_key() {
    let (database, client) = start().await;
    let first = Append { key: Some("k"), expires_microseconds: THEN_MICROSECONDS, ..Append::default() };
    assert_eq!(first.call(&client).await.unwrap(), Answer::Appended(1));
    let late = Append { events: vec![2], key: Some("k"), ..Append::default() };
    assert_eq!(late.call(&client).await.unwrap(), Answer::VersionConflict);
    assert_eq!(rows(&database).await, [1, 1, 0]);
}

#[tokio::test]
async fn a_key_is_another_one_for_another_principal_method_or_path() {
    let (database, client) = start().await;
    for (number, scope) in (0..).zip([
        "'anonymous', 'POST', '/orders', 'k'",
        "'user_1', 'POST', '/orders', 'k'",
        "'anonymous', 'PATCH', '/orders', 'k'",
        "'anonymous', 'POST', '/orders/1', 'k'",
        "'anonymous', 'POST', '/orders', 'K'",
    ]) {
        let call = format!(
            "SELECT outcome FROM ordering.append_order_events('{}',
               ROW({scope}, sha256('x'), 201, NULL, '', {LATER_MICROSECONDS})::idempotency.kept_answer)",
            json!([Append { order: number, events: vec![number], ..Append::default() }.entry()]),
        );
        let outcome: String = client.query_one(&call, &[]).await.unwrap().get(0);
        assert_eq!(outcome, "appended", "{scope}");
    }
    assert_eq!(rows(&database).await, [5, 5, 5]);
}

#[tokio::test]
async fn an_event_that_is_in_another_stream_already_fails_and_leaves_nothing() {
    let (database, client) = start().await;
    Append::default().call(&client).await.unwrap();
    let twice = Append { order: 2, events: vec![2, 1], key: Some("k"), ..Append::default() };
    let error = twice.call(&client).await.unwrap_err();
    let cause = error.as_db_error().unwrap();
    assert_eq!((cause.code().code(), cause.constraint()), ("23505", Some("order_events_event_id_key")));
    assert_eq!(rows(&database).await, [1, 1, 0]);
}

#[tokio::test]
async fn a_malformed_call_is_refused_before_anything_is_written() {
    let (database, client) = start().await;
    let good = Append::default().entry();
    let with = |member: &str, value: Value| {
        let mut entry = good.clone();
        entry[member] = value;
        json!([entry])
    };
    let event = &good["events"][0];
    let many: Value = vec![event.clone(); 101].into();
    let mut listless = event.clone();
    listless["data"] = json!([]);
    let mut headless = good["head"].clone();
    headless["status"] = json!("lost");
    let row = format!(
        "ROW('anonymous', 'POST', '/orders', 'k', sha256('x'), 201, NULL, '', {LATER_MICROSECONDS})
            ::idempotency.kept_answer"
    );
    for (entries, code) in [
        (json!([]), "22023"),
        (json!({}), "22023"),
        (with("events", json!([])), "22023"),
        (with("events", json!({})), "22023"),
        (with("events", many), "22023"),
        (with("expected_version", json!(-1)), "22023"),
        (with("expected_version", Value::Null), "22023"),
        (with("events", json!([{}])), "23502"),
        (with("events", json!([listless])), "23514"),
        (with("head", Value::Null), "23502"),
        (with("head", headless), "23514"),
        (json!([good, good]), "22023"),
        (Value::from(vec![good.clone(); 1_001]), "22023"),
    ] {
        let call = format!("SELECT FROM ordering.append_order_events('{entries}', {row})");
        assert_eq!(refusal(&client, &call).await, code, "{entries:.80}");
    }
    assert_eq!(rows(&database).await, [0, 0, 0]);
}
