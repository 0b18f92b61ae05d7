//! The journal's answers, kept under idempotency keys by the appends that they report.

use super::{
    ADAPTERS, AppendError, Appended, Entry, IdempotencyScope, Journal, KeptAnswer, ReplayedAnswer, entry,
    events, fresh_id,
};
use crate::ground::Ground;
use crate::mishap::{Mishap, Moment};
use futures::future::join_all;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const ONE_BODY: [u8; 32] = [1; 32];
const ANOTHER_BODY: [u8; 32] = [2; 32];

pub(super) fn scope(key: &str) -> IdempotencyScope {
    IdempotencyScope {
        principal: "anonymous".to_owned(),
        method: "POST".to_owned(),
        path: "/orders".to_owned(),
        key: key.to_owned(),
    }
}

/// Microseconds since 1970, `seconds` from now.
fn in_seconds(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_micros()).unwrap() + seconds * 1_000_000
}

/// An entry with the answer to keep.
#[derive(Clone)]
struct Keyed {
    entry: Entry,
    answer: KeptAnswer,
}

impl Journal {
    async fn append_keyed(&mut self, keyed: &Keyed) -> Result<Appended, AppendError> {
        self.append_with(&keyed.entry, Some(&keyed.answer)).await
    }
}

/// The first event of a new order, with an answer to keep that tells of the order.
fn keyed(scope: IdempotencyScope, fingerprint: [u8; 32]) -> Keyed {
    let order_id = fresh_id();
    let answer = KeptAnswer {
        scope,
        fingerprint: fingerprint.to_vec(),
        status: 201,
        location: Some(format!("/orders/{order_id}")),
        body: order_id.clone().into_bytes(),
        expires_at: in_seconds(3_600),
    };
    Keyed { entry: entry(&order_id, 0, events(1)), answer }
}

fn with_answer(mut keyed: Keyed, change: impl FnOnce(&mut KeptAnswer)) -> Keyed {
    change(&mut keyed.answer);
    keyed
}

/// The answer, as it is replayed.
fn answer_of(keyed: &Keyed) -> ReplayedAnswer {
    let KeptAnswer { status, location, body, .. } = keyed.answer.clone();
    ReplayedAnswer { status, location, body }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_used_again_with_the_same_fingerprint_replays_the_answer_and_writes_nothing() {
    let every_byte: Vec<u8> = (0..=255).collect();
    let rows = [
        keyed(scope("k"), ONE_BODY),
        with_answer(keyed(scope(&"~".repeat(255)), ONE_BODY), |answer| {
            answer.body = every_byte.repeat(1_000);
        }),
        with_answer(keyed(scope("\"'\\%_"), ONE_BODY), |answer| {
            (answer.status, answer.location, answer.body) = (200, None, Vec::new());
        }),
    ];
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let (mut journal, mut another) =
            (Journal::on(&ground, *plug).await, Journal::on(&ground, *plug).await);
        for first in &rows {
            let scope = &first.answer.scope;
            assert_eq!(journal.append_keyed(first).await, Ok(Appended::AtVersion(1)), "{plug:?}");
            for instance in [&mut journal, &mut another] {
                let again = keyed(scope.clone(), ONE_BODY);
                assert_eq!(
                    instance.append_keyed(&again).await,
                    Ok(Appended::Replayed(answer_of(first))),
                    "{plug:?}"
                );
                assert_eq!(
                    instance.append_keyed(first).await,
                    Ok(Appended::Replayed(answer_of(first))),
                    "{plug:?}"
                );
                assert_eq!(
                    instance.find_answer(scope, &ONE_BODY).await,
                    Ok(Some(answer_of(first))),
                    "{plug:?}"
                );
                assert_eq!(instance.length(&again.entry.order_id).await, 0, "{plug:?}");
            }
            assert_eq!(journal.length(&first.entry.order_id).await, 1, "{plug:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_used_again_with_another_fingerprint_is_refused_and_stays_as_it_was() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let (first, other) = (keyed(scope("k"), ONE_BODY), keyed(scope("k"), ANOTHER_BODY));
        journal.append_keyed(&first).await.unwrap();
        assert_eq!(journal.append_keyed(&other).await, Err(AppendError::KeyReused), "{plug:?}");
        assert_eq!(journal.length(&other.entry.order_id).await, 0, "{plug:?}");
        assert_eq!(journal.find_answer(&scope("k"), &ANOTHER_BODY).await, Ok(None), "{plug:?}");
        assert_eq!(
            journal.find_answer(&scope("k"), &ONE_BODY).await,
            Ok(Some(answer_of(&first))),
            "{plug:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_of_another_principal_method_or_path_is_another_key() {
    let others = [
        scope("K"),
        scope("k "),
        IdempotencyScope { principal: "admin".to_owned(), ..scope("k") },
        IdempotencyScope { method: "PATCH".to_owned(), ..scope("k") },
        IdempotencyScope { path: "/orders/1/cancellation".to_owned(), ..scope("k") },
    ];
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        journal.append_keyed(&keyed(scope("k"), ONE_BODY)).await.unwrap();
        for other in &others {
            assert_eq!(journal.find_answer(other, &ONE_BODY).await, Ok(None), "{plug:?} {other:?}");
            let appended = journal.append_keyed(&keyed(other.clone(), ONE_BODY)).await;
            assert_eq!(appended, Ok(Appended::AtVersion(1)), "{plug:?} {other:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twins_at_once_one_appends_and_the_others_wait_for_its_answer() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut instances = join_all((0..4).map(|_| Journal::on(&ground, *plug))).await;
        let twins: Vec<Vec<Keyed>> =
            (0..4).map(|_| (0..8).map(|_| keyed(scope("k"), ONE_BODY)).collect()).collect();
        let calls = instances.iter_mut().zip(&twins).map(|(instance, twins)| {
            instance.append_at_once(
                twins.iter().map(|twin| (twin.entry.clone(), Some(twin.answer.clone()))).collect(),
            )
        });
        let answers = join_all(calls).await.concat();
        let twins = twins.concat();
        let first = answers.iter().position(|answer| *answer == Ok(Appended::AtVersion(1))).unwrap();
        for (number, (twin, answer)) in twins.iter().zip(&answers).enumerate() {
            let is_first = number == first;
            if !is_first {
                assert_eq!(*answer, Ok(Appended::Replayed(answer_of(&twins[first]))), "{plug:?}");
            }
            assert_eq!(instances[0].length(&twin.entry.order_id).await, usize::from(is_first), "{plug:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_key_is_unused() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let expired = with_answer(keyed(scope("k"), ONE_BODY), |answer| answer.expires_at = in_seconds(-1));
        journal.append_keyed(&expired).await.unwrap();
        assert_eq!(journal.find_answer(&scope("k"), &ONE_BODY).await, Ok(None), "{plug:?}");
        let next = keyed(scope("k"), ANOTHER_BODY);
        assert_eq!(journal.append_keyed(&next).await, Ok(Appended::AtVersion(1)), "{plug:?}");
        assert_eq!(journal.append_keyed(&next).await, Ok(Appended::Replayed(answer_of(&next))), "{plug:?}");
        assert_eq!(journal.append_keyed(&expired).await, Err(AppendError::KeyReused), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_expires_when_its_time_has_come() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let fleeting = with_answer(keyed(scope("k"), ONE_BODY), |answer| answer.expires_at = in_seconds(2));
        journal.append_keyed(&fleeting).await.unwrap();
        assert_eq!(
            journal.find_answer(&scope("k"), &ONE_BODY).await,
            Ok(Some(answer_of(&fleeting))),
            "{plug:?}"
        );
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        assert_eq!(journal.find_answer(&scope("k"), &ONE_BODY).await, Ok(None), "{plug:?}");
        assert_eq!(
            journal.append_keyed(&keyed(scope("k"), ANOTHER_BODY)).await,
            Ok(Appended::AtVersion(1)),
            "{plug:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_writes_nothing_leaves_its_key_unused() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        let mut conflicting = keyed(scope("k"), ONE_BODY);
        conflicting.entry.expected_version = 1;
        assert_eq!(journal.append_keyed(&conflicting).await, Err(AppendError::VersionConflict), "{plug:?}");
        let mut faulty = keyed(scope("k"), ONE_BODY);
        faulty.entry.events = events(101);
        assert!(matches!(journal.append_keyed(&faulty).await, Err(AppendError::Other(_))), "{plug:?}");
        assert_eq!(journal.find_answer(&scope("k"), &ONE_BODY).await, Ok(None), "{plug:?}");
        assert_eq!(
            journal.append_keyed(&keyed(scope("k"), ANOTHER_BODY)).await,
            Ok(Appended::AtVersion(1)),
            "{plug:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_cannot_be_kept_keeps_the_events_out_too() {
    let rows: [(&str, Keyed); 5] = [
        ("no key", keyed(scope(""), ONE_BODY)),
        ("a key of 256 characters", keyed(scope(&"k".repeat(256)), ONE_BODY)),
        ("no principal", keyed(IdempotencyScope { principal: String::new(), ..scope("k") }, ONE_BODY)),
        (
            "a fingerprint of 31 bytes",
            with_answer(keyed(scope("k"), ONE_BODY), |answer| answer.fingerprint.truncate(31)),
        ),
        (
            "a status that is none",
            with_answer(keyed(scope("k"), ONE_BODY), |answer| answer.status = u16::MAX),
        ),
    ];
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        for (fault, keyed) in &rows {
            let appended = journal.append_keyed(keyed).await;
            assert!(matches!(appended, Err(AppendError::Other(_))), "{plug:?} {fault}: {appended:?}");
            assert_eq!(journal.length(&keyed.entry.order_id).await, 0, "{plug:?} {fault}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_never_used_has_no_answer() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut journal = Journal::on(&ground, *plug).await;
        for key in ["k", "", &"k".repeat(2_000)] {
            assert_eq!(journal.find_answer(&scope(key), &ONE_BODY).await, Ok(None), "{plug:?} {key:.20}");
        }
        assert_eq!(journal.find_answer(&scope("k"), b"short").await, Ok(None), "{plug:?}");
    }
}

/// Under a key a broken attempt ends well wherever it broke: one order, and its answer.
#[tokio::test(flavor = "multi_thread")]
async fn under_a_key_appending_again_gets_the_answer_wherever_the_first_attempt_broke() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut another = Journal::on(&ground, *plug).await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let mut journal = Journal::unlucky_on(&ground, *plug, &mishap).await;
                let first = keyed(scope(&format!("{moment:?}-{ordinal}")), ONE_BODY);
                let context = format!("{plug:?} {mishap:?}");
                let replayed = Ok(Appended::Replayed(answer_of(&first)));
                let mut answer = journal.append_keyed(&first).await;
                if matches!(answer, Err(AppendError::Unavailable(_))) {
                    answer = journal.append_keyed(&first).await;
                }
                assert!(answer == Ok(Appended::AtVersion(1)) || answer == replayed, "{context}: {answer:?}");
                assert_eq!(another.append_keyed(&first).await, replayed, "{context}");
                assert_eq!(another.length(&first.entry.order_id).await, 1, "{context}");
                if !mishap.happened() {
                    assert!(ordinal > 2, "{context}");
                    break;
                }
            }
        }
    }
}
