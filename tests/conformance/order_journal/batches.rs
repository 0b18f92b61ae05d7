//! The journal with many streams at a time.

use super::{
    ADAPTERS, Appended, Entry, Journal, POSTGRES, entry, event, events, fresh_id, recorded, with_parsed_data,
};
use crate::ground::{Ground, call};
use crate::mishap::{Mishap, Moment};
use crate::order_journal::port::exports::tradepost::ordering::order_journal::{
    AppendAllError, LoadError, Outcome, RecordedEvent,
};
use futures::future::join_all;
use serde_json::json;

impl Journal {
    async fn append_all(&mut self, entries: &[Entry]) -> Result<Vec<Outcome>, AppendAllError> {
        call!(self.tradepost_ordering_order_journal.call_append_all(entries.to_owned()))
    }

    async fn load_all(&mut self, order_ids: &[String]) -> Result<Vec<Vec<RecordedEvent>>, LoadError> {
        call!(self.tradepost_ordering_order_journal.call_load_all(order_ids.to_owned()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_entry_of_many_is_written_or_in_conflict_by_itself() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let ids: Vec<String> = (0..5).map(|_| fresh_id()).collect();
        journal.append(&entry(&ids[1], 0, events(2))).await.unwrap();
        journal.append(&entry(&ids[2], 0, events(1))).await.unwrap();
        let entries = [
            // Not in the order of their ids.
            entry(&ids[4], 0, events(3)),
            entry(&ids[1], 2, events(1)),
            entry(&ids[2], 0, events(1)),
            entry(&ids[3], 1, events(1)),
            entry(&ids[0], 0, events(1)),
            entry(&ids[0], 1, events(1)),
            entry(&ids[4], 0, events(1)),
        ];
        let expected = [
            Outcome::AtVersion(3),
            Outcome::AtVersion(3),
            Outcome::VersionConflict,
            Outcome::VersionConflict,
            Outcome::AtVersion(1),
            Outcome::VersionConflict,
            Outcome::VersionConflict,
        ];
        assert_eq!(journal.append_all(&entries).await.unwrap(), expected, "{plug:?}");
        let mut lengths = Vec::new();
        for id in &ids {
            lengths.push(journal.length(id).await);
        }
        assert_eq!(lengths, [1, 3, 1, 0, 3], "{plug:?}");
        let stream = journal.load(&ids[4]).await.unwrap();
        let expected: Vec<_> = (0..3).map(|index| recorded(&entries[0], index)).collect();
        assert_eq!(stream.into_iter().map(with_parsed_data).collect::<Vec<_>>(), expected, "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_one_entry_keeps_all_of_them_out() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let good = entry(&fresh_id(), 0, events(1));
        let mut without_status = entry(&fresh_id(), 0, events(1));
        without_status.head.status = "lost".to_owned();
        let mut without_view = entry(&fresh_id(), 0, events(1));
        without_view.head.view = "[]".to_owned();
        let rows = [
            ("no event", entry(&fresh_id(), 0, vec![])),
            ("101 events", entry(&fresh_id(), 0, events(101))),
            ("data that is no object", entry(&fresh_id(), 0, vec![event(&json!([1]))])),
            ("an id that is no UUID", entry("7", 0, events(1))),
            ("a status that is none", without_status),
            ("a view that is no object", without_view),
        ];
        for (fault, bad) in rows {
            let appended = journal.append_all(&[good.clone(), bad]).await;
            assert!(matches!(appended, Err(AppendAllError::Other(_))), "{plug:?} {fault}: {appended:?}");
            assert_eq!(journal.length(&good.order_id).await, 0, "{plug:?} {fault}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_up_to_a_thousand_at_a_time() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        assert_eq!(journal.append_all(&[]).await, Ok(vec![]), "{plug:?}");
        assert_eq!(journal.load_all(&[]).await, Ok(vec![]), "{plug:?}");
        let ids: Vec<String> = (0..1_001).map(|_| fresh_id()).collect();
        let entries: Vec<Entry> = ids.iter().map(|id| entry(id, 0, events(1))).collect();
        let too_many = journal.append_all(&entries).await;
        assert!(matches!(too_many, Err(AppendAllError::Other(_))), "{plug:?} {too_many:?}");
        let too_many = journal.load_all(&ids).await;
        assert!(matches!(too_many, Err(LoadError::Other(_))), "{plug:?} {too_many:?}");
        let outcomes = journal.append_all(&entries[1..]).await.unwrap();
        assert_eq!(outcomes, vec![Outcome::AtVersion(1); 1_000], "{plug:?}");
        let lengths: Vec<usize> =
            journal.load_all(&ids[..1_000]).await.unwrap().iter().map(Vec::len).collect();
        assert_eq!((lengths[0], lengths.iter().sum::<usize>()), (0, 999), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_loaded_in_the_order_that_they_are_asked_for_in() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let (one, two) = (fresh_id(), fresh_id());
        journal.append(&entry(&one, 0, events(1))).await.unwrap();
        journal.append(&entry(&two, 0, events(2))).await.unwrap();
        let ids = [two.clone(), "7".to_owned(), one.clone(), fresh_id(), two.to_uppercase()];
        let streams = journal.load_all(&ids).await.unwrap();
        let lengths: Vec<usize> = streams.iter().map(Vec::len).collect();
        assert_eq!(lengths, [2, 0, 1, 0, 2], "{plug:?}");
        assert_eq!(streams[0], journal.load(&two).await.unwrap(), "{plug:?}");
        assert_eq!(streams[4], streams[0], "{plug:?}");
    }
}

/// Batches of the same streams in opposite orders do not wait for each other for ever, and each stream has one winner.
#[tokio::test(flavor = "multi_thread")]
async fn of_batches_at_once_one_wins_each_stream() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut instances = join_all((0..4).map(|_| Journal::on(&ground, *plug))).await;
        let ids: Vec<String> = (0..40).map(|_| fresh_id()).collect();
        for version in 0..3 {
            let batches: Vec<Vec<Entry>> = (0..4)
                .map(|batch| {
                    let mut entries: Vec<Entry> =
                        ids.iter().map(|id| entry(id, version, events(1))).collect();
                    if batch % 2 == 1 {
                        entries.reverse();
                    }
                    entries
                })
                .collect();
            let calls =
                instances.iter_mut().zip(&batches).map(|(instance, batch)| instance.append_all(batch));
            let mut won = 0;
            for outcomes in join_all(calls).await {
                let is_won = |outcome: &&Outcome| matches!(outcome, Outcome::AtVersion(_));
                won += outcomes.unwrap().iter().filter(is_won).count();
            }
            assert_eq!(won, ids.len(), "{plug:?}");
        }
        for id in &ids {
            assert_eq!(instances[0].length(id).await, 3, "{plug:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn appending_many_again_is_safe_wherever_the_first_attempt_broke() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut another = Journal::on(&ground, *plug).await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let mut journal = Journal::unlucky_on(&ground, *plug, &mishap).await;
                let entries = [entry(&fresh_id(), 0, events(1)), entry(&fresh_id(), 0, events(2))];
                let context = format!("{plug:?} {mishap:?}");
                match journal.append_all(&entries).await {
                    Ok(_) => {}
                    Err(AppendAllError::Unavailable(_)) => {
                        let again = journal.append_all(&entries).await.unwrap();
                        let is_conflict = |outcome: &Outcome| *outcome == Outcome::VersionConflict;
                        let all = again.iter().all(is_conflict) || !again.iter().any(is_conflict);
                        assert!(all, "{context}: {again:?}");
                    }
                    other => panic!("{context}: {other:?}"),
                }
                for (entry, length) in entries.iter().zip([1, 2]) {
                    assert_eq!(another.length(&entry.order_id).await, length, "{context}");
                }
                if !mishap.happened() {
                    assert!(ordinal > 2, "{context}");
                    break;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable_to_many_too() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let appended = journal.append_all(&[entry(&fresh_id(), 0, events(1))]).await;
        assert!(matches!(appended, Err(AppendAllError::Unavailable(_))), "{plug:?} {appended:?}");
        let loaded = journal.load_all(&[fresh_id()]).await;
        assert!(matches!(loaded, Err(LoadError::Unavailable(_))), "{plug:?} {loaded:?}");
    }
}

/// The head, which the port takes and does not give, is that of the last append, byte for byte.
#[tokio::test(flavor = "multi_thread")]
async fn the_head_is_that_of_the_last_append_that_won() {
    let ground = Ground::fresh().await;
    let mut journal = Journal::on(&ground, POSTGRES).await;
    let order = fresh_id();
    let with_head = |version: u64, status: &str, view: &str| {
        let mut entry = entry(&order, version, events(2));
        entry.head.status = status.to_owned();
        entry.head.view = view.to_owned();
        entry.head.customer = Some(order.clone());
        entry
    };
    let view = r#"{"z": 1,   "a": "Zoë"}"#;
    assert_eq!(journal.append(&with_head(0, "pending", "{}")).await, Ok(Appended::AtVersion(2)));
    journal.append_all(&[with_head(2, "placed", view)]).await.unwrap();
    journal.append_all(&[with_head(2, "on_hold", "{}")]).await.unwrap();
    let client = ground.database.as_ref().unwrap().connect().await;
    let heads = "SELECT status, view::text, version, customer::text FROM ordering.orders";
    let row = client.query_one(heads, &[]).await.unwrap();
    let head: (&str, &str, i64, &str) = (row.get(0), row.get(1), row.get(2), row.get(3));
    assert_eq!(head, ("placed", view, 4, order.as_str()));
}
