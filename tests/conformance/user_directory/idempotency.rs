//! Answers that are kept under idempotency keys.

use super::{ADAPTERS, Directory, KEY_VALUE, edit, registration, user};
use crate::ground::Ground;
use futures::future::join_all;

use super::port::exports::tradepost::identity::user_directory::{
    Entry, IdempotencyScope, KeptAnswer, ReplayedAnswer, User, WriteError, Written,
};

const FAR: i64 = 4_102_444_800_000_000;

fn answer(key: &str, body: &str) -> KeptAnswer {
    let scope = IdempotencyScope {
        principal: "anonymous".to_owned(),
        method: "POST".to_owned(),
        path: "/users".to_owned(),
        key: key.to_owned(),
    };
    KeptAnswer {
        scope,
        fingerprint: vec![1; 32],
        status: 201,
        location: Some("/users/x".to_owned()),
        body: body.as_bytes().to_vec(),
        expires_at: FAR,
    }
}

fn under(answer: KeptAnswer, entry: Entry) -> Entry {
    Entry { answer: Some(answer), ..entry }
}

fn replayed(body: &str) -> ReplayedAnswer {
    let answer = answer("", body);
    ReplayedAnswer { status: answer.status, location: answer.location, body: answer.body }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_write_gets_the_first_answer_and_has_no_effect() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut directory = Directory::on(&ground, *plug).await;
        let (first, second) = (user("first"), user("second"));
        let entry = under(answer("k", "first"), registration(&first, "first"));
        assert_eq!(directory.write(entry).await, Ok(Written::Done), "{plug:?}");
        let again = under(answer("k", "second"), registration(&second, "second"));
        assert_eq!(directory.write(again).await, Ok(Written::Replayed(replayed("first"))), "{plug:?}");
        let other = KeptAnswer { fingerprint: vec![2; 32], ..answer("k", "second") };
        let reused = directory.write(under(other.clone(), registration(&second, "second"))).await;
        assert_eq!(reused, Err(WriteError::KeyReused), "{plug:?}");
        assert_eq!(directory.find(&second.id).await, Ok(None), "{plug:?}");

        assert_eq!(directory.find_answer(&answer("k", "")).await, Ok(Some(replayed("first"))), "{plug:?}");
        assert_eq!(directory.find_answer(&other).await, Ok(None), "{plug:?}");
        assert_eq!(directory.find_answer(&answer("another", "")).await, Ok(None), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_of_another_principal_method_or_path_is_another_key() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut directory = Directory::on(&ground, *plug).await;
        let base = answer("k", "");
        let scopes = [
            base.scope.clone(),
            IdempotencyScope { principal: "admin".to_owned(), ..base.scope.clone() },
            IdempotencyScope { method: "PATCH".to_owned(), ..base.scope.clone() },
            IdempotencyScope { path: "/users/x".to_owned(), ..base.scope.clone() },
        ];
        for (n, scope) in scopes.into_iter().enumerate() {
            let answer = KeptAnswer { scope, ..base.clone() };
            let written = directory.write(under(answer, registration(&user("n"), &format!("key {n}")))).await;
            assert_eq!(written, Ok(Written::Done), "{plug:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_key_counts_as_unused() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut directory = Directory::on(&ground, *plug).await;
        let expired = KeptAnswer { expires_at: 1, ..answer("k", "old") };
        directory.write(under(expired.clone(), registration(&user("ann"), "ann"))).await.unwrap();
        assert_eq!(directory.find_answer(&expired).await, Ok(None), "{plug:?}");
        let written = directory.write(under(answer("k", "new"), registration(&user("bob"), "bob"))).await;
        assert_eq!(written, Ok(Written::Done), "{plug:?}");
        assert_eq!(directory.find_answer(&answer("k", "")).await, Ok(Some(replayed("new"))), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_uses_up_no_key_and_what_changes_nothing_does() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut directory = Directory::on(&ground, *plug).await;
        let first = user("first");
        directory.register(&first, "first").await.unwrap();
        let taken = under(answer("k", "1"), registration(&user("second"), "first"));
        assert_eq!(directory.write(taken).await, Err(WriteError::EmailTaken), "{plug:?}");
        let stale = under(answer("k", "1"), edit(&User { version: 7, ..first.clone() }, "first"));
        assert_eq!(directory.write(stale).await, Err(WriteError::VersionConflict), "{plug:?}");
        let idle = Entry { expected_version: 1, events: Vec::new(), ..registration(&first, "first") };
        assert_eq!(directory.write(under(answer("k", "2"), idle)).await, Ok(Written::Done), "{plug:?}");
        assert_eq!(directory.find_answer(&answer("k", "")).await, Ok(Some(replayed("2"))), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_show_an_erased_user_are_forgotten() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut directory = Directory::on(&ground, *plug).await;
        let first = user("first");
        let subject = tradepost_ids::UserId::from_uuid(first.id.parse().unwrap());
        let (mut register, mut edited) = (answer("k", "register"), answer("k", "edit"));
        register.location = Some(format!("/users/{subject}"));
        edited.scope = IdempotencyScope {
            method: "PATCH".to_owned(),
            path: format!("/users/{subject}"),
            ..edited.scope.clone()
        };
        directory.write(under(register.clone(), registration(&first, "first"))).await.unwrap();
        let second = User { version: 2, ..first };
        directory.write(under(edited.clone(), edit(&second, "first"))).await.unwrap();
        assert_eq!(directory.erase(&second).await, Ok(true), "{plug:?}");
        for answer in [register, edited] {
            assert_eq!(directory.find_answer(&answer).await, Ok(None), "{plug:?}");
        }
    }
}

/// Only where the store promises it: see what the adapter on the other says of itself.
#[tokio::test(flavor = "multi_thread")]
async fn of_twins_under_one_key_at_once_one_has_its_effect_and_all_get_its_answer() {
    for plug in ADAPTERS.iter().filter(|plug| plug.package != KEY_VALUE.package) {
        let ground = Ground::fresh().await;
        let mut instances = join_all((0..4).map(|_| Directory::on(&ground, *plug))).await;
        let written = join_all((0..).zip(instances.iter_mut()).map(|(n, instance)| {
            let body = format!("answer {n}");
            instance.write(under(answer("k", &body), registration(&user("twin"), &format!("key {n}"))))
        }))
        .await;
        assert_eq!(written.iter().filter(|written| **written == Ok(Written::Done)).count(), 1, "{written:?}");
        let won = written.iter().position(|written| *written == Ok(Written::Done)).unwrap();
        let expected = Ok(Written::Replayed(replayed(&format!("answer {won}"))));
        assert_eq!(written.iter().filter(|written| **written == expected).count(), 3, "{written:?}");
    }
}
