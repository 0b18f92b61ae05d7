//! The port `ordering/order-journal`: streams here, many of them at a time in `batches`, answers kept under
//! idempotency keys in `idempotency`.

mod batches;
mod idempotency;

use crate::ground::{Ground, Plug, call, call_all};
use crate::mishap::{Mishap, Moment};
use futures::future::{join, join_all};
use port::Port;
use port::exports::tradepost::ordering::order_journal::{
    AppendError, Appended, Entry, Head, IdempotencyScope, KeptAnswer, LoadError, NewEvent, RecordedEvent,
    ReplayedAnswer,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/ordering",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:ordering/order-journal@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const POSTGRES: Plug = Plug { package: "order-journal-postgres", granted_as: "ordering-orders" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES];

struct Journal {
    adapter: Adapter,
    port: Port,
}

impl Journal {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        Self::of(ground.instance(plug).await)
    }

    async fn unlucky_on(ground: &Ground, plug: Plug, mishap: &Arc<Mishap>) -> Self {
        Self::of(ground.unlucky_instance(plug, mishap).await)
    }

    fn of(mut adapter: Adapter) -> Self {
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn append(&mut self, entry: &Entry) -> Result<Appended, AppendError> {
        self.append_with(entry, None).await
    }

    async fn append_with(
        &mut self,
        entry: &Entry,
        answer: Option<&KeptAnswer>,
    ) -> Result<Appended, AppendError> {
        call!(self.tradepost_ordering_order_journal.call_append(entry.clone(), answer.cloned()))
    }

    async fn append_at_once(
        &mut self,
        all: Vec<(Entry, Option<KeptAnswer>)>,
    ) -> Vec<Result<Appended, AppendError>> {
        call_all!(self.tradepost_ordering_order_journal.call_append(one in all => one.0, one.1))
            .into_iter()
            .collect()
    }

    async fn find_answer(
        &mut self,
        scope: &IdempotencyScope,
        fingerprint: &[u8],
    ) -> Result<Option<ReplayedAnswer>, LoadError> {
        call!(self.tradepost_ordering_order_journal.call_find_answer(scope.clone(), fingerprint.to_owned()))
    }

    async fn load(&mut self, order_id: &str) -> Result<Vec<RecordedEvent>, LoadError> {
        call!(self.tradepost_ordering_order_journal.call_load(order_id.to_owned()))
    }

    /// How many events a stream has, which must be numbered without gaps.
    async fn length(&mut self, order_id: &str) -> usize {
        let stream = self.load(order_id).await.unwrap();
        assert!(stream.iter().map(|event| event.version).eq(1..=stream.len() as u64), "{stream:?}");
        stream.len()
    }
}

fn fresh_id() -> String {
    Uuid::now_v7().to_string()
}

fn event(data: &Value) -> NewEvent {
    NewEvent {
        id: fresh_id(),
        event_type: "tradepost.ordering.something-happened.v1".to_owned(),
        data: data.to_string(),
        published: None,
        caused_by: None,
        occurred_at: 1_795_348_800_123_457,
    }
}

fn events(count: u64) -> Vec<NewEvent> {
    (0..count).map(|n| event(&json!({ "n": n }))).collect()
}

/// What to append to the stream of `order_id` when it has `expected_version` events.
fn entry(order_id: &str, expected_version: u64, events: Vec<NewEvent>) -> Entry {
    Entry {
        order_id: order_id.to_owned(),
        expected_version,
        events,
        head: head(),
        actor: "anonymous".to_owned(),
        traceparent: None,
    }
}

fn head() -> Head {
    Head {
        customer: None,
        status: "pending".to_owned(),
        created_at: 1_795_348_800_123_457,
        status_since: 1_795_348_800_123_457,
        view: "{}".to_owned(),
    }
}

/// An event as the stream should have it. Its payload is compared as JSON: a store may spell it in its own way.
fn recorded(entry: &Entry, index: usize) -> (RecordedEvent, Value) {
    let NewEvent { id, event_type, data, occurred_at, caused_by, .. } = entry.events[index].clone();
    let event = RecordedEvent {
        id,
        event_type,
        data: String::new(),
        occurred_at,
        version: entry.expected_version + index as u64 + 1,
        actor: entry.actor.clone(),
        traceparent: entry.traceparent.clone(),
        caused_by,
    };
    (event, serde_json::from_str(&data).unwrap())
}

fn with_parsed_data(event: RecordedEvent) -> (RecordedEvent, Value) {
    let data = serde_json::from_str(&event.data).unwrap();
    (RecordedEvent { data: String::new(), ..event }, data)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_loaded_in_order_and_as_it_was_appended_by_every_instance() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let (mut journal, mut another) =
            (Journal::on(&ground, *plug).await, Journal::on(&ground, *plug).await);
        let (order, neighbour) = (fresh_id(), fresh_id());
        let payload = json!({
            "text": "Zoë „Ångström“ 李 '\"\\\n\u{7f}", "integers": [0, -1, i64::MAX, i64::MIN, 9_007_199_254_740_993_i64],
            "nested": {"null": null, "true": true, "empty": [{}, []]},
        });
        let first = Entry {
            actor: "admin".to_owned(),
            traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
            ..entry(&order, 0, vec![event(&payload), event(&json!({}))])
        };
        let second = entry(
            &order,
            2,
            vec![NewEvent { occurred_at: -1, caused_by: Some(fresh_id()), ..event(&json!({"n": 3})) }],
        );
        assert_eq!(journal.append(&first).await, Ok(Appended::AtVersion(2)), "{plug:?}");
        assert_eq!(
            another.append(&entry(&neighbour, 0, events(1))).await,
            Ok(Appended::AtVersion(1)),
            "{plug:?}"
        );
        assert_eq!(another.append(&second).await, Ok(Appended::AtVersion(3)), "{plug:?}");
        let expected = [recorded(&first, 0), recorded(&first, 1), recorded(&second, 0)];
        for instance in [&mut journal, &mut another] {
            let stream = instance.load(&order).await.unwrap();
            assert_eq!(stream.into_iter().map(with_parsed_data).collect::<Vec<_>>(), expected, "{plug:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_has_up_to_a_hundred_events_and_stands_whole() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let order = fresh_id();
        let large =
            entry(&order, 0, (0..100).map(|n| event(&json!({"n": n, "text": "x".repeat(4_000)}))).collect());
        assert_eq!(journal.append(&large).await, Ok(Appended::AtVersion(100)), "{plug:?}");
        assert_eq!(
            journal.append(&entry(&order, 100, events(100))).await,
            Ok(Appended::AtVersion(200)),
            "{plug:?}"
        );
        assert_eq!(journal.length(&order).await, 200, "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_stream_of_an_unknown_order_nor_of_what_is_no_uuid() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        journal.append(&entry(&fresh_id(), 0, events(1))).await.unwrap();
        let long = "0".repeat(2_000);
        for id in
            ["0193f0c4-8f5e-7a51-b7d2-3f6a2f1b9c11", "", "order_01h455vb4pex5vsknk084sn02q", "\0", "'", &long]
        {
            assert_eq!(journal.load(id).await, Ok(vec![]), "{plug:?} {id:.60?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_at_another_version_than_the_streams_writes_nothing() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let (order, unknown) = (fresh_id(), fresh_id());
        journal.append(&entry(&order, 0, events(2))).await.unwrap();
        let farthest = i64::MAX.unsigned_abs();
        for version in [0, 1, 3, 1_000, farthest - 1, farthest, farthest + 1, u64::MAX] {
            let appended = journal.append(&entry(&order, version, events(2))).await;
            assert_eq!(appended, Err(AppendError::VersionConflict), "{plug:?} {version}");
        }
        let appended = journal.append(&entry(&unknown, 1, events(1))).await;
        assert_eq!(appended, Err(AppendError::VersionConflict), "{plug:?}");
        assert_eq!((journal.length(&order).await, journal.length(&unknown).await), (2, 0), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_appends_to_one_stream_at_once_one_wins_at_each_version() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut instances = join_all((0..4).map(|_| Journal::on(&ground, *plug))).await;
        let order = fresh_id();
        for version in [0, 2, 4] {
            let rivals = || (0..8).map(|_| (entry(&order, version, events(2)), None)).collect();
            let answers =
                join_all(instances.iter_mut().map(|instance| instance.append_at_once(rivals()))).await;
            let answers = answers.concat();
            let won =
                answers.iter().filter(|answer| **answer == Ok(Appended::AtVersion(version + 2))).count();
            let lost = answers.iter().filter(|answer| **answer == Err(AppendError::VersionConflict)).count();
            assert_eq!((won, lost), (1, 31), "{plug:?} {answers:?}");
        }
        assert_eq!(instances[0].length(&order).await, 6, "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_to_several_streams_at_once_all_succeed() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut instances = join_all((0..4).map(|_| Journal::on(&ground, *plug))).await;
        let others = || (0..8).map(|_| (entry(&fresh_id(), 0, events(1)), None)).collect();
        let answers = join_all(instances.iter_mut().map(|instance| instance.append_at_once(others()))).await;
        assert!(
            answers.concat().iter().all(|answer| *answer == Ok(Appended::AtVersion(1))),
            "{plug:?} {answers:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_caller_is_told_from_a_conflict_and_writes_nothing() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let taken = entry(&fresh_id(), 0, events(1));
        journal.append(&taken).await.unwrap();
        let order = fresh_id();
        let one = || event(&json!({}));
        let rows: [(&str, Vec<NewEvent>); 10] = [
            ("no event", vec![]),
            ("101 events", events(101)),
            ("an id that is no UUID", vec![one(), NewEvent { id: "7".to_owned(), ..one() }]),
            ("an id that another stream has", vec![one(), taken.events[0].clone()]),
            ("data that is no JSON", vec![one(), NewEvent { data: "{".to_owned(), ..one() }]),
            ("what is told is no JSON", vec![one(), NewEvent { published: Some("{".to_owned()), ..one() }]),
            ("a cause that is no UUID", vec![one(), NewEvent { caused_by: Some("7".to_owned()), ..one() }]),
            ("data that is two values", vec![one(), NewEvent { data: "{} {}".to_owned(), ..one() }]),
            ("data that is no object", vec![one(), event(&json!([1]))]),
            ("no type", vec![one(), NewEvent { event_type: String::new(), ..one() }]),
        ];
        for (fault, events) in rows {
            let appended = journal.append(&entry(&order, 0, events)).await;
            assert!(matches!(appended, Err(AppendError::Other(_))), "{plug:?} {fault}: {appended:?}");
            assert_eq!(journal.length(&order).await, 0, "{plug:?} {fault}");
        }
        for id in ["", "order_01h455vb4pex5vsknk084sn02q", "\0"] {
            let appended = journal.append(&entry(id, 0, events(1))).await;
            assert!(matches!(appended, Err(AppendError::Other(_))), "{plug:?} {id:?}: {appended:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let appended = journal.append(&entry(&fresh_id(), 0, events(1))).await;
        assert!(matches!(appended, Err(AppendError::Unavailable(_))), "{plug:?} {appended:?}");
        let loaded = journal.load(&fresh_id()).await;
        assert!(matches!(loaded, Err(LoadError::Unavailable(_))), "{plug:?} {loaded:?}");
        let found = journal.find_answer(&idempotency::scope("key"), &[7; 32]).await;
        assert!(matches!(found, Err(LoadError::Unavailable(_))), "{plug:?} {found:?}");
    }
}

/// A broken attempt without an idempotency key ends, when it is made again, in the append or in a conflict with
/// itself.
#[tokio::test(flavor = "multi_thread")]
async fn appending_again_is_safe_wherever_the_first_attempt_broke() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut another = Journal::on(&ground, *plug).await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let mut journal = Journal::unlucky_on(&ground, *plug, &mishap).await;
                let entry = entry(&fresh_id(), 0, events(2));
                let context = format!("{plug:?} {mishap:?}");
                match journal.append(&entry).await {
                    Ok(Appended::AtVersion(2)) => {}
                    Err(AppendError::Unavailable(_)) => {
                        let again = journal.append(&entry).await;
                        let expected =
                            matches!(again, Ok(Appended::AtVersion(2)) | Err(AppendError::VersionConflict));
                        assert!(expected, "{context}: {again:?}");
                    }
                    other => panic!("{context}: {other:?}"),
                }
                assert_eq!(another.length(&entry.order_id).await, 2, "{context}");
                if !mishap.happened() {
                    assert!(ordinal > 2, "{context}");
                    break;
                }
            }
        }
    }
}

/// The statement waits for a lock when the server ends its session. Reading twice is safe, so the adapter does.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_survives_the_end_of_its_session() {
    let ground = Ground::fresh().await;
    let mut journal = Journal::on(&ground, POSTGRES).await;
    let entry = entry(&fresh_id(), 0, events(1));
    journal.append(&entry).await.unwrap();
    let mut operator = ground.database.as_ref().unwrap().connect().await;
    let lock = operator.transaction().await.unwrap();
    lock.batch_execute("LOCK TABLE ordering.order_events IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let cut = async {
        let whoever_waits = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                             WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while lock.query_one(whoever_waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        lock.rollback().await.unwrap();
    };
    let (stream, ()) = join(journal.load(&entry.order_id), cut).await;
    assert_eq!(stream.map(|stream| stream.len()), Ok(1));
}
