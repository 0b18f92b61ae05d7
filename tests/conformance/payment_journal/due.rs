//! Payments that somebody has to see to, and payments of one customer.

use super::{ADAPTERS, Digests, Entry, Journal, NewEvent, THEN, entry, events, fresh_id};
use crate::ground::Ground;
use futures::future::join_all;

const SECOND: i64 = 1_000_000;

fn due_at(id: &str, version: u64, at: Option<i64>) -> Entry {
    Entry { due_at: at, ..entry(id, version, events(1)) }
}

async fn due(journal: &mut Journal, at: i64, limit: u32) -> Vec<String> {
    let streams = journal.take_due(at, limit).await.unwrap();
    assert!(streams.iter().all(|stream| !stream.events.is_empty()), "{streams:?}");
    streams.into_iter().map(|stream| stream.payment_id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_due_are_taken_first_and_nobody_else_gets_them_for_a_while() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut instances = join_all((0..3).map(|_| Journal::on(&ground, *plug))).await;
        let ids: Vec<String> = (0..9).map(|_| fresh_id()).collect();
        let entries: Vec<Entry> =
            ids.iter().zip(0..).map(|(id, n)| due_at(id, 0, (n < 8).then_some(THEN + n * SECOND))).collect();
        instances[0].append_all(&entries).await.unwrap();
        assert_eq!(due(&mut instances[0], THEN - 1, 10).await, Vec::<String>::new(), "{plug:?}");
        assert_eq!(due(&mut instances[1], THEN + 5 * SECOND, 1).await, ids[..1], "{plug:?}");
        let shared = join_all(instances.iter_mut().map(|journal| due(journal, THEN + 9 * SECOND, 3))).await;
        let mut shared = shared.concat();
        shared.extend(due(&mut instances[0], THEN + 9 * SECOND, 10).await);
        shared.sort();
        assert_eq!(shared, ids[1..8], "{plug:?}: each once");

        assert_eq!(due(&mut instances[0], THEN + 19 * SECOND, 10).await, Vec::<String>::new(), "{plug:?}");
        let mut again = due(&mut instances[0], THEN + 24 * SECOND, 10).await;
        again.sort();
        assert_eq!(again, ids[..8], "{plug:?}: whoever had them has not appended");
        assert_eq!(due(&mut instances[0], THEN + 50 * SECOND, 10).await, Vec::<String>::new(), "{plug:?}");
        assert_eq!(due(&mut instances[0], THEN + 54 * SECOND, 10).await.len(), 8, "{plug:?}: twice as long");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_says_when_a_payment_is_due_next_and_a_conflict_does_not() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let id = fresh_id();
        journal.append(&due_at(&id, 0, Some(THEN)), None).await.unwrap();
        assert_eq!(due(&mut journal, THEN, 10).await, [id.as_str()], "{plug:?}");
        journal.append(&due_at(&id, 0, Some(THEN)), None).await.unwrap_err();
        assert_eq!(due(&mut journal, THEN + SECOND, 10).await, Vec::<String>::new(), "{plug:?}");
        journal.append(&due_at(&id, 1, Some(THEN + SECOND)), None).await.unwrap();
        assert_eq!(due(&mut journal, THEN + SECOND, 10).await, [id.as_str()], "{plug:?}");
        journal.append(&due_at(&id, 2, None), None).await.unwrap();
        assert_eq!(due(&mut journal, i64::MAX / 2_000, 10).await, Vec::<String>::new(), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_of_the_hour_before_with_the_same_digest_are_counted() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let requested = |id: &str, minutes: i64, email: Option<u8>, method: Option<u8>| {
            let digest = |byte: Option<u8>| byte.map(|byte| vec![byte; 32]);
            let at = THEN + minutes * 60 * SECOND;
            let events = events(1).into_iter().map(|event| NewEvent { occurred_at: at, ..event }).collect();
            let digests = Digests { email: digest(email), method: digest(method) };
            Entry { digests, ..entry(id, 0, events) }
        };
        let (asked, without) = (fresh_id(), fresh_id());
        let entries = [
            requested(&fresh_id(), -61, Some(1), Some(2)),
            requested(&fresh_id(), -59, Some(1), Some(3)),
            requested(&fresh_id(), -1, Some(1), Some(2)),
            requested(&fresh_id(), 1, Some(1), Some(2)),
            requested(&asked, 0, Some(1), Some(2)),
            requested(&without, 0, None, None),
        ];
        journal.append_all(&entries).await.unwrap();
        let mut recent = async |id: &str, with: bool| {
            let stream = journal.load_all(&[id], with).await.unwrap().remove(0);
            (stream.recent.email, stream.recent.method)
        };
        assert_eq!(recent(&asked, true).await, (2, 1), "{plug:?}");
        assert_eq!(recent(&without, true).await, (0, 0), "{plug:?}");
        assert_eq!(recent(&asked, false).await, (0, 0), "{plug:?}: nobody asked");
        let many: Vec<Entry> = (0..150).map(|_| requested(&fresh_id(), -2, None, Some(2))).collect();
        journal.append_all(&many).await.unwrap();
        let stream = journal.load_all(&[&asked], true).await.unwrap().remove(0);
        assert_eq!(stream.recent.method, 100, "{plug:?}: nobody counts further");
    }
}
