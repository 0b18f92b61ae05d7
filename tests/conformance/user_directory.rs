//! The port `identity/user-directory`.

use crate::ground::{Ground, Plug, call, call_all};
use crate::mishap::{Mishap, Moment};
use futures::future::join_all;
use port::Port;
use port::exports::tradepost::identity::user_directory::{
    Entry, Erasure, KeptAnswer, LookupError, NewEvent, ReplayedAnswer, User, WriteError, Written,
};
use std::sync::Arc;
use tradepost::adapter::Adapter;
use tradepost_tests::repository;
use uuid::Uuid;

mod editing;
mod idempotency;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/identity",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:identity/user-directory@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

pub(crate) const POSTGRES: Plug = Plug { package: "user-directory-postgres", granted_as: "identity-users" };
// An endpoint that has the store and no database.
const KEY_VALUE: Plug = Plug { package: "user-directory-key-value", granted_as: "ordering-order" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES, KEY_VALUE];

pub(crate) struct Directory {
    adapter: Adapter,
    port: Port,
}

impl Directory {
    pub(crate) async fn on(ground: &Ground, plug: Plug) -> Self {
        Self::of(ground.instance(plug).await)
    }

    async fn unlucky_on(ground: &Ground, plug: Plug, mishap: &Arc<Mishap>) -> Self {
        Self::of(ground.unlucky_instance(plug, mishap).await)
    }

    fn of(mut adapter: Adapter) -> Self {
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn write(&mut self, entry: Entry) -> Result<Written, WriteError> {
        call!(self.tradepost_identity_user_directory.call_write(entry))
    }

    pub(crate) async fn register(&mut self, user: &User, email_key: &str) -> Result<Written, WriteError> {
        self.write(registration(user, email_key)).await
    }

    async fn register_at_once(&mut self, all: Vec<(User, String)>) -> Vec<Result<Written, WriteError>> {
        let all: Vec<_> = all.into_iter().map(|(user, key)| (registration(&user, &key),)).collect();
        call_all!(self.tradepost_identity_user_directory.call_write((entry,) in all => entry))
            .into_iter()
            .collect()
    }

    pub(crate) async fn erase(&mut self, user: &User) -> Result<bool, LookupError> {
        let erasure = Erasure {
            id: user.id.clone(),
            expected_version: user.version,
            event: event("erased"),
            traceparent: None,
        };
        call!(self.tradepost_identity_user_directory.call_erase(erasure))
    }

    async fn find_answer(&mut self, answer: &KeptAnswer) -> Result<Option<ReplayedAnswer>, LookupError> {
        let (scope, fingerprint) = (answer.scope.clone(), answer.fingerprint.clone());
        call!(self.tradepost_identity_user_directory.call_find_answer(scope, fingerprint))
    }

    pub(crate) async fn find(&mut self, id: &str) -> Result<Option<User>, LookupError> {
        call!(self.tradepost_identity_user_directory.call_find(id.to_owned()))
    }
}

pub(crate) fn user(name: &str) -> User {
    User {
        id: Uuid::now_v7().to_string(),
        name: name.to_owned(),
        email: format!("{name}@example.com"),
        created_at: 1_795_348_800_123_457,
        verified_at: None,
        scopes: String::new(),
        version: 1,
    }
}

fn event(name: &str) -> NewEvent {
    NewEvent {
        id: Uuid::now_v7().to_string(),
        event_type: format!("tradepost.identity.user-{name}.v1"),
        data: format!(r#"{{"name": "{name}"}}"#),
        occurred_at: 1_795_348_800_123_457,
    }
}

fn registration(user: &User, email_key: &str) -> Entry {
    Entry {
        user: user.clone(),
        email_key: email_key.to_owned(),
        expected_version: 0,
        events: vec![event("registered")],
        traceparent: None,
        answer: None,
        password: None,
    }
}

/// An edit by which the user becomes `after`, who has one event more.
fn edit(after: &User, email_key: &str) -> Entry {
    Entry {
        expected_version: after.version - 1,
        events: vec![event("changed")],
        ..registration(after, email_key)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registered_user_is_found_as_registered_by_every_instance() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let (mut directory, mut another) =
            (Directory::on(&ground, *plug).await, Directory::on(&ground, *plug).await);
        let users = [
            user("first"),
            User {
                name: "Zoë Ångström 李 '\"\\".to_owned(),
                email: "Zoë@BÜCHER.example".to_owned(),
                ..user("z")
            },
            User { created_at: 0, ..user("epoch") },
            User { created_at: -1, ..user("before") },
            User { created_at: (1 << 53) - 1, ..user("far") },
            User { verified_at: Some(1_795_348_800_123_457), ..user("verified") },
            User { scopes: "orders:read operations".to_owned(), ..user("staff") },
        ];
        for (number, user) in users.iter().enumerate() {
            assert_eq!(
                directory.register(user, &format!("key-{number}")).await,
                Ok(Written::Done),
                "{plug:?}"
            );
            for instance in [&mut directory, &mut another] {
                assert_eq!(instance.find(&user.id).await, Ok(Some(user.clone())), "{plug:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_registered_is_not_found_and_neither_is_what_is_no_uuid() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut directory = Directory::on(&ground, *plug).await;
        let user = user("first");
        directory.register(&user, "key").await.unwrap();
        let long = "0".repeat(2_000);
        let too_long = format!("{}0", user.id);
        for id in [
            "0193f0c4-8f5e-7a51-b7d2-3f6a2f1b9c11",
            "",
            " ",
            "user_01h455vb4pex5vsknk084sn02q",
            "0193f0c4-8f5e-7a51-b7d2-3f6a2f1b9c1",
            "0193f0c4-8f5e-7a51-b7d2-3f6a2f1b9cxx",
            "'; DROP TABLE identity.users; --",
            "\0",
            "é",
            &long,
            &too_long,
        ] {
            assert_eq!(directory.find(id).await, Ok(None), "{plug:?} {id:.60?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_taken_registers_nobody() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut directory = Directory::on(&ground, *plug).await;
        let (first, second) = (user("first"), user("second"));
        directory.register(&first, "key").await.unwrap();
        assert_eq!(directory.register(&second, "key").await, Err(WriteError::EmailTaken), "{plug:?}");
        assert_eq!(
            directory.register(&first, "key").await,
            Ok(Written::Done),
            "{plug:?}: it is the same one"
        );
        assert_eq!(directory.register(&first, "elsewhere").await, Err(WriteError::EmailTaken), "{plug:?}");
        assert_eq!(directory.find(&second.id).await, Ok(None), "{plug:?}");
        assert_eq!(directory.find(&first.id).await, Ok(Some(first)), "{plug:?}");
        assert_eq!(directory.register(&second, "another key").await, Ok(Written::Done), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_compared_byte_by_byte_and_may_be_as_long_as_addresses_get() {
    // An address has at most 254 octets, of which folding may make three times as many.
    let long = "x".repeat(762);
    let keys =
        ["a@x", "A@x", "a@x ", "é@x", "e\u{301}@x", "%@x", &long, &long[1..], &format!("{}y", &long[1..])];
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut directory = Directory::on(&ground, *plug).await;
        for key in keys {
            assert_eq!(directory.register(&user("one"), key).await, Ok(Written::Done), "{plug:?} {key:.20}");
        }
        for key in keys {
            let again = directory.register(&user("two"), key).await;
            assert_eq!(again, Err(WriteError::EmailTaken), "{plug:?} {key:.20}");
        }
    }
}

/// Only where the store promises it: a key-value store has no compare-and-swap, and the adapter on it must say so.
#[tokio::test(flavor = "multi_thread")]
async fn of_registrations_under_one_key_at_once_one_succeeds_or_the_adapter_warns() {
    for plug in ADAPTERS {
        if plug.package == KEY_VALUE.package {
            let source = repository().join("components/adapters").join(plug.package).join("src/lib.rs");
            let source = std::fs::read_to_string(source).unwrap();
            assert!(source.contains("//! **Not for production.**"), "{plug:?} does not warn");
            continue;
        }
        let ground = Ground::fresh().await;
        let mut instances = join_all((0..4).map(|_| Directory::on(&ground, *plug))).await;
        let twins = || (0..8).map(|_| (user("twin"), "key".to_owned())).collect();
        let answers = join_all(instances.iter_mut().map(|instance| instance.register_at_once(twins()))).await;
        let answers = answers.concat();
        let succeeded = answers.iter().filter(|answer| answer.is_ok()).count();
        let taken = answers.iter().filter(|answer| **answer == Err(WriteError::EmailTaken)).count();
        assert_eq!((succeeded, taken), (1, 31), "{answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut directory = Directory::on(&ground, *plug).await;
        let user = user("first");
        let registered = directory.register(&user, "key").await;
        assert!(matches!(registered, Err(WriteError::Unavailable(_))), "{plug:?} {registered:?}");
        let found = directory.find(&user.id).await;
        assert!(matches!(found, Err(LookupError::Unavailable(_))), "{plug:?} {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registering_again_is_safe_wherever_the_first_attempt_broke() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut another = Directory::on(&ground, *plug).await;
        for moment in Moment::BOTH {
            for ordinal in 1.. {
                let mishap = Mishap::at(ordinal, moment);
                let mut directory = Directory::unlucky_on(&ground, *plug, &mishap).await;
                let user = user("first");
                let key = format!("{moment:?} {ordinal}");
                let context = format!("{plug:?} {mishap:?}");
                match directory.register(&user, &key).await {
                    Ok(_) => {}
                    Err(WriteError::Unavailable(_)) => {
                        let again = directory.register(&user, &key).await;
                        assert!(
                            matches!(again, Ok(Written::Done) | Err(WriteError::EmailTaken)),
                            "{context}: {again:?}"
                        );
                    }
                    Err(error) => panic!("{context}: {error:?}"),
                }
                assert_eq!(another.find(&user.id).await, Ok(Some(user)), "{context}");
                if !mishap.happened() {
                    assert!(ordinal > 2, "{context}");
                    break;
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_outlives_its_connections() {
    let ground = Ground::fresh().await;
    let mut directory = Directory::on(&ground, POSTGRES).await;
    let user = user("first");
    directory.register(&user, "key").await.unwrap();
    ground.cut_connections().await;
    assert_eq!(directory.find(&user.id).await, Ok(Some(user)));
}
