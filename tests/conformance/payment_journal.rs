//! The port `payment/payment-journal`: streams here, what is due and what is counted in `due`, answers kept under idempotency
//! keys and what breaks in `broken`.

mod broken;
mod due;

use crate::ground::{Ground, Plug, call, call_all};
use crate::mishap::Mishap;
use futures::future::join_all;
use port::Port;
use port::exports::tradepost::payment::payment_journal::{
    AppendError, Appended, Digests, Entry, EntryOutcome, IdempotencyScope, JournalError, KeptAnswer,
    NewEvent, PaymentStream, RecordedEvent, ReplayedAnswer, Transfer,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/payment",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:payment/payment-journal@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const POSTGRES: Plug = Plug { package: "payment-journal-postgres", granted_as: "payment-charge" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES];

/// 2026-11-22, to the microsecond.
const THEN: i64 = 1_795_348_800_123_457;

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

    async fn append(&mut self, entry: &Entry, answer: Option<KeptAnswer>) -> Result<Appended, AppendError> {
        call!(self.tradepost_payment_payment_journal.call_append(entry.clone(), answer))
    }

    async fn append_all(&mut self, entries: &[Entry]) -> Result<Vec<EntryOutcome>, JournalError> {
        call!(self.tradepost_payment_payment_journal.call_append_all(entries.to_vec()))
    }

    async fn append_all_at_once(&mut self, calls: Vec<Vec<Entry>>) -> Vec<Vec<EntryOutcome>> {
        let answers =
            call_all!(self.tradepost_payment_payment_journal.call_append_all(entries in calls => entries));
        answers.into_iter().collect::<Result<_, JournalError>>().unwrap()
    }

    async fn find_answer(
        &mut self,
        scope: IdempotencyScope,
        fingerprint: &[u8],
    ) -> Result<Option<ReplayedAnswer>, JournalError> {
        call!(self.tradepost_payment_payment_journal.call_find_answer(scope, fingerprint.to_owned()))
    }

    async fn load_all(&mut self, ids: &[&str], recent: bool) -> Result<Vec<PaymentStream>, JournalError> {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        call!(self.tradepost_payment_payment_journal.call_load_all(ids, recent))
    }

    async fn take_due(&mut self, at: i64, limit: u32) -> Result<Vec<PaymentStream>, JournalError> {
        call!(self.tradepost_payment_payment_journal.call_take_due(at, limit))
    }

    /// A stream, which must be numbered without gaps; empty when there is none.
    async fn load(&mut self, id: &str) -> Vec<RecordedEvent> {
        let mut streams = self.load_all(&[id], false).await.unwrap();
        assert!(streams.len() <= 1);
        let Some(stream) = streams.pop() else { return Vec::new() };
        assert_eq!(stream.payment_id, id);
        let count = stream.events.len() as u64;
        assert!(stream.events.iter().map(|event| event.version).eq(1..=count), "{stream:?}");
        stream.events
    }

    async fn length(&mut self, id: &str) -> usize {
        self.load(id).await.len()
    }
}

fn fresh_id() -> String {
    Uuid::now_v7().to_string()
}

fn event(data: &Value) -> NewEvent {
    NewEvent {
        id: fresh_id(),
        event_type: "tradepost.payment.something-happened.v1".to_owned(),
        data: data.to_string(),
        published: json!({"payment": {"status": "pending"}}).to_string(),
        occurred_at: THEN,
        transfers: Vec::new(),
    }
}

fn events(count: u64) -> Vec<NewEvent> {
    (0..count).map(|n| event(&json!({ "n": n }))).collect()
}

/// An event by which money moved.
fn captured(amount: i64) -> NewEvent {
    let transfer = Transfer {
        id: fresh_id(),
        debit: "provider".to_owned(),
        credit: "sales".to_owned(),
        amount,
        currency: "EUR".to_owned(),
    };
    NewEvent {
        event_type: "tradepost.payment.payment-captured.v1".to_owned(),
        transfers: vec![transfer],
        ..event(&json!({"amount": {"amount": amount, "currency": "EUR"}}))
    }
}

/// What to append to the stream of `id` when it has `expected_version` events.
fn entry(id: &str, expected_version: u64, events: Vec<NewEvent>) -> Entry {
    Entry {
        payment_id: id.to_owned(),
        expected_version,
        events,
        actor: "a-test".to_owned(),
        traceparent: None,
        due_at: None,
        digests: Digests { email: None, method: None },
    }
}

/// An event as the stream should have it. Its payload is compared as JSON: a store may spell it in its own way.
fn recorded(entry: &Entry, index: usize) -> (RecordedEvent, Value) {
    let NewEvent { id, event_type, data, occurred_at, .. } = entry.events[index].clone();
    let event = RecordedEvent {
        id,
        event_type,
        data: String::new(),
        occurred_at,
        version: entry.expected_version + index as u64 + 1,
        actor: entry.actor.clone(),
        traceparent: entry.traceparent.clone(),
    };
    (event, serde_json::from_str(&data).unwrap())
}

fn with_parsed_data(event: RecordedEvent) -> (RecordedEvent, Value) {
    let data = serde_json::from_str(&event.data).unwrap();
    (RecordedEvent { data: String::new(), ..event }, data)
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_loaded_in_order_and_as_they_were_appended_by_every_instance() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let (mut journal, mut another) =
            (Journal::on(&ground, *plug).await, Journal::on(&ground, *plug).await);
        let (payment, neighbour) = (fresh_id(), fresh_id());
        let payload = json!({
            "text": "Zoë „Ångström“ 李 '\"\\\n\u{7f}", "integers": [0, -1, i64::MAX, i64::MIN, 9_007_199_254_740_993_i64],
            "nested": {"null": null, "true": true, "empty": [{}, []]},
        });
        let first = Entry {
            actor: "payment-charge".to_owned(),
            traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
            ..entry(&payment, 0, vec![event(&payload), event(&json!({}))])
        };
        let second = entry(&payment, 2, vec![NewEvent { occurred_at: -1, ..event(&json!({"n": 3})) }]);
        let other = entry(&neighbour, 0, vec![captured(500)]);
        assert_eq!(journal.append(&first, None).await, Ok(Appended::AtVersion(2)), "{plug:?}");
        let both = another.append_all(&[second.clone(), other.clone()]).await;
        assert_eq!(both, Ok(vec![EntryOutcome::Appended; 2]), "{plug:?}");
        let expected: BTreeMap<String, Vec<(RecordedEvent, Value)>> = [
            (payment.clone(), vec![recorded(&first, 0), recorded(&first, 1), recorded(&second, 0)]),
            (neighbour.clone(), vec![recorded(&other, 0)]),
        ]
        .into();
        for instance in [&mut journal, &mut another] {
            let streams = instance.load_all(&[&neighbour, &payment, &fresh_id()], false).await.unwrap();
            let streams = streams
                .into_iter()
                .map(|stream| (stream.payment_id, stream.events.into_iter().map(with_parsed_data).collect()));
            assert_eq!(streams.collect::<BTreeMap<_, Vec<_>>>(), expected, "{plug:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_stream_of_an_unknown_payment_nor_of_what_is_no_uuid() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let known = fresh_id();
        journal.append(&entry(&known, 0, events(1)), None).await.unwrap();
        let long = "0".repeat(2_000);
        let none =
            ["0193f0c4-8f5e-7a51-b7d2-3f6a2f1b9c11", "", "payment_01h455vb4pex5vsknk084sn02q", "\0", &long];
        assert_eq!(journal.load_all(&none, true).await, Ok(vec![]), "{plug:?}");
        assert_eq!(journal.load_all(&[], true).await, Ok(vec![]), "{plug:?}");
        let some = journal.load_all(&[none[1], &known, none[3]], false).await.unwrap();
        assert_eq!(some.len(), 1, "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_at_another_version_than_the_streams_is_not_written_and_keeps_no_other_back() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let (payment, fresh, unknown) = (fresh_id(), fresh_id(), fresh_id());
        journal.append(&entry(&payment, 0, events(2)), None).await.unwrap();
        let farthest = i64::MAX.unsigned_abs();
        for version in [0, 1, 3, 1_000, farthest - 1, farthest, farthest + 1, u64::MAX] {
            let appended = journal.append(&entry(&payment, version, events(2)), None).await;
            assert_eq!(appended, Err(AppendError::VersionConflict), "{plug:?} {version}");
        }
        let mixed =
            [entry(&payment, 1, events(1)), entry(&fresh, 0, events(3)), entry(&unknown, 1, events(1))];
        let expected =
            vec![EntryOutcome::VersionConflict, EntryOutcome::Appended, EntryOutcome::VersionConflict];
        assert_eq!(journal.append_all(&mixed).await, Ok(expected), "{plug:?}");
        let lengths =
            [journal.length(&payment).await, journal.length(&fresh).await, journal.length(&unknown).await];
        assert_eq!(lengths, [2, 3, 0], "{plug:?}");
        assert_eq!(journal.append_all(&[]).await, Ok(vec![]), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_appends_to_the_same_streams_at_once_one_wins_each_at_each_version() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut instances = join_all((0..4).map(|_| Journal::on(&ground, *plug))).await;
        let ids: Vec<String> = (0..6).map(|_| fresh_id()).collect();
        for version in [0, 2, 4] {
            let answers = join_all(instances.iter_mut().zip(0..).map(async |(instance, turn)| {
                let call = |shift: usize| {
                    let order = (0..ids.len()).map(move |n| (n * 5 + shift + turn) % 6);
                    order.map(|n| entry(&ids[n], version, events(2))).collect::<Vec<_>>()
                };
                instance.append_all_at_once((0..4).map(call).collect()).await.concat()
            }))
            .await;
            let won = answers.concat().iter().filter(|outcome| **outcome == EntryOutcome::Appended).count();
            assert_eq!(won, ids.len(), "{plug:?} at {version}");
        }
        for id in &ids {
            assert_eq!(instances[0].length(id).await, 6, "{plug:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_has_up_to_a_hundred_events_and_a_call_up_to_a_thousand_entries() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let payment = fresh_id();
        let large: Vec<NewEvent> =
            (0..100).map(|n| event(&json!({"n": n, "text": "x".repeat(4_000)}))).collect();
        let appended = journal.append(&entry(&payment, 0, large), None).await;
        assert_eq!(appended, Ok(Appended::AtVersion(100)), "{plug:?}");
        assert_eq!(journal.length(&payment).await, 100, "{plug:?}");
        let many: Vec<Entry> = (0..1_000).map(|_| entry(&fresh_id(), 0, events(1))).collect();
        let appended = journal.append_all(&many).await;
        assert_eq!(appended, Ok(vec![EntryOutcome::Appended; 1_000]), "{plug:?}");
        let ids: Vec<&str> = many.iter().map(|entry| entry.payment_id.as_str()).collect();
        assert_eq!(journal.load_all(&ids, true).await.unwrap().len(), 1_000, "{plug:?}");
    }
}
