//! Answers kept under idempotency keys, calls that break, and calls that are wrong.

use super::{
    ADAPTERS, AppendError, Appended, EntryOutcome, IdempotencyScope, Journal, JournalError, KeptAnswer,
    NewEvent, ReplayedAnswer, THEN, captured, entry, event, events, fresh_id,
};
use crate::ground::{Ground, gives_away_an_address};
use crate::mishap::{Mishap, Moment};
use serde_json::json;

fn scope(key: &str) -> IdempotencyScope {
    IdempotencyScope {
        principal: "admin".to_owned(),
        method: "POST".to_owned(),
        path: "/payments/x/refunds".to_owned(),
        key: key.to_owned(),
    }
}

/// An answer that is kept beyond the end of this test.
fn answer(key: &str, fingerprint: u8, body: &str) -> KeptAnswer {
    KeptAnswer {
        scope: scope(key),
        fingerprint: vec![fingerprint; 32],
        status: 201,
        location: Some("/somewhere".to_owned()),
        body: body.as_bytes().to_vec(),
        expires_at: THEN * 2,
    }
}

fn replayed(body: &str) -> ReplayedAnswer {
    ReplayedAnswer { status: 201, location: Some("/somewhere".to_owned()), body: body.as_bytes().to_vec() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_kept_with_its_append_and_with_no_other() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let id = fresh_id();
        let first = journal.append(&entry(&id, 0, events(1)), Some(answer("k", 1, "first"))).await;
        assert_eq!(first, Ok(Appended::AtVersion(1)), "{plug:?}");
        let again = journal.append(&entry(&id, 1, events(1)), Some(answer("k", 1, "second"))).await;
        assert_eq!(again, Ok(Appended::Replayed(replayed("first"))), "{plug:?}");
        let reused = journal.append(&entry(&id, 1, events(1)), Some(answer("k", 2, "second"))).await;
        assert_eq!(reused, Err(AppendError::KeyReused), "{plug:?}");
        let conflict = journal.append(&entry(&id, 0, events(1)), Some(answer("free", 1, "lost"))).await;
        assert_eq!(conflict, Err(AppendError::VersionConflict), "{plug:?}");
        assert_eq!(journal.find_answer(scope("free"), &[1; 32]).await, Ok(None), "{plug:?}: given back");
        assert_eq!(journal.find_answer(scope("k"), &[1; 32]).await, Ok(Some(replayed("first"))), "{plug:?}");
        assert_eq!(journal.find_answer(scope("k"), &[2; 32]).await, Ok(None), "{plug:?}");
        assert_eq!(journal.length(&id).await, 1, "{plug:?}");
    }
}

/// What broke and is done again ends in the append, in a conflict with itself or in its own answer; and happens once.
#[tokio::test(flavor = "multi_thread")]
async fn appending_again_is_safe_wherever_the_first_attempt_broke() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut another = Journal::on(&ground, *plug).await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let mut journal = Journal::unlucky_on(&ground, *plug, &mishap).await;
                let entries = [entry(&fresh_id(), 0, events(2)), entry(&fresh_id(), 0, vec![captured(5)])];
                let context = format!("{plug:?} {mishap:?}");
                if let Err(error) = journal.append_all(&entries).await {
                    assert!(matches!(error, JournalError::Unavailable(_)), "{context}: {error:?}");
                    let again = journal.append_all(&entries).await.unwrap();
                    assert!(again[0] == again[1], "{context}: {again:?}");
                }
                let lengths = [
                    another.length(&entries[0].payment_id).await,
                    another.length(&entries[1].payment_id).await,
                ];
                assert_eq!(lengths, [2, 1], "{context}");
                if !mishap.happened() {
                    assert!(ordinal > 2, "{context}");
                    break;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_under_a_key_is_done_once_and_answered_the_same() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let mut journal = Journal::unlucky_on(&ground, *plug, &mishap).await;
                let (id, key) = (fresh_id(), fresh_id());
                let entry = entry(&id, 0, events(2));
                let context = format!("{plug:?} {mishap:?}");
                let mut last = journal.append(&entry, Some(answer(&key, 1, "body"))).await;
                if matches!(last, Err(AppendError::Unavailable(_))) {
                    last = journal.append(&entry, Some(answer(&key, 1, "body"))).await;
                }
                let right = [Ok(Appended::AtVersion(2)), Ok(Appended::Replayed(replayed("body")))];
                assert!(right.contains(&last), "{context}: {last:?}");
                assert_eq!(journal.length(&id).await, 2, "{context}");
                if !mishap.happened() {
                    break;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journal_goes_on_after_its_connections_were_cut() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let id = fresh_id();
        journal.append(&entry(&id, 0, events(1)), None).await.unwrap();
        for version in 1..4 {
            ground.cut_connections().await;
            let appended = journal.append_all(&[entry(&id, version, events(1))]).await;
            assert_eq!(appended, Ok(vec![EntryOutcome::Appended]), "{plug:?}");
            ground.cut_connections().await;
            assert_eq!(journal.length(&id).await as u64, version + 1, "{plug:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable_and_its_address_is_not_told() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let appended = journal.append(&entry(&fresh_id(), 0, events(1)), None).await;
        let Err(AppendError::Unavailable(cause)) = &appended else { panic!("{plug:?} {appended:?}") };
        let mut causes = vec![cause.clone()];
        for error in [
            journal.append_all(&[entry(&fresh_id(), 0, events(1))]).await.unwrap_err(),
            journal.load_all(&[&fresh_id()], true).await.unwrap_err(),
            journal.take_due(THEN, 5).await.unwrap_err(),
            journal.find_answer(scope("k"), &[1; 32]).await.unwrap_err(),
        ] {
            let JournalError::Unavailable(cause) = error else { panic!("{plug:?} {error:?}") };
            causes.push(cause);
        }
        assert!(!causes.iter().any(|cause| gives_away_an_address(cause)), "{plug:?} {causes:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_caller_is_told_from_a_conflict_and_writes_nothing_of_any_entry() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let taken = entry(&fresh_id(), 0, events(1));
        journal.append(&taken, None).await.unwrap();
        let (payment, neighbour) = (fresh_id(), fresh_id());
        let one = || event(&json!({}));
        let moving = |change: fn(&mut NewEvent)| {
            let mut event = captured(500);
            change(&mut event);
            vec![one(), event]
        };
        let rows: Vec<(&str, Vec<NewEvent>)> = vec![
            ("no event", vec![]),
            ("101 events", events(101)),
            ("an id that is no UUID", vec![one(), NewEvent { id: "7".to_owned(), ..one() }]),
            ("an id that another stream has", vec![one(), taken.events[0].clone()]),
            ("data that is no JSON", vec![one(), NewEvent { data: "{tok_secret".to_owned(), ..one() }]),
            ("data that is no object", vec![one(), event(&json!(["tok_secret"]))]),
            ("told is no JSON", vec![one(), NewEvent { published: String::new(), ..one() }]),
            ("told is no payment", vec![one(), NewEvent { published: "{}".to_owned(), ..one() }]),
            ("no type", vec![one(), NewEvent { event_type: String::new(), ..one() }]),
            ("money that the ledger does not have", moving(|event| event.transfers.clear())),
            ("another amount in the ledger", moving(|event| event.transfers[0].amount = 499)),
            ("an amount of nothing", moving(|event| event.transfers[0].amount = 0)),
            ("from an account to itself", moving(|event| event.transfers[0].debit = "sales".to_owned())),
            ("a currency that is none", moving(|event| event.transfers[0].currency = "euro".to_owned())),
            ("a transfer id that is no UUID", moving(|event| event.transfers[0].id = "7".to_owned())),
        ];
        for (fault, events_of_entry) in rows {
            let bad = entry(&payment, 0, events_of_entry);
            let appended = journal.append(&bad, None).await;
            let Err(AppendError::Other(cause)) = &appended else { panic!("{plug:?} {fault}: {appended:?}") };
            assert!(!cause.contains("tok_secret"), "{plug:?} {fault}: {cause}");
            let appended = journal.append_all(&[entry(&neighbour, 0, events(1)), bad]).await;
            assert!(matches!(appended, Err(JournalError::Other(_))), "{plug:?} {fault}: {appended:?}");
            let lengths = [journal.length(&payment).await, journal.length(&neighbour).await];
            assert_eq!(lengths, [0, 0], "{plug:?} {fault}");
        }
        for id in ["", "payment_01h455vb4pex5vsknk084sn02q", "\0"] {
            let appended = journal.append(&entry(id, 0, events(1)), None).await;
            assert!(matches!(appended, Err(AppendError::Other(_))), "{plug:?} {id:?}: {appended:?}");
        }
        let twice = journal.append_all(&[entry(&payment, 0, events(1)), entry(&payment, 0, events(1))]).await;
        assert!(matches!(twice, Err(JournalError::Other(_))), "{plug:?} {twice:?}");
        assert_eq!(journal.length(&payment).await, 0, "{plug:?}");
    }
}
