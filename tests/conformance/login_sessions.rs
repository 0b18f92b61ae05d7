//! The port `identity/login-sessions`, and `identity/signing-keys` on the same store.

use crate::ground::{Ground, Plug, call, call_all, gives_away_an_address};
use port::Port;
use port::exports::tradepost::identity::login_sessions::{
    Attempt, AttemptError, Beginning, NewSession, Refreshed, SessionError, Telling,
};
use port_of_keys::PortOfKeys;
use port_of_keys::exports::tradepost::identity::signing_keys::{FreshKey, KeyError};
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/identity",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:identity/login-sessions@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

mod port_of_keys {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/identity",
        inline: "
            package tradepost:conformance;

            world port-of-keys {
                export tradepost:identity/signing-keys@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const SESSIONS: Plug = Plug { package: "login-sessions-postgres", granted_as: "identity-sessions" };
const KEYS: Plug = Plug { package: "signing-keys-postgres", granted_as: "identity-key-rotation" };

pub(crate) const ADAPTERS: &[Plug] = &[SESSIONS, KEYS];

const NOW: i64 = 1_800_000_000_000_000;
const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;
const ADA: &str = "ada@example.com";
const HOME: &str = "192.0.2.1";

struct Sessions {
    adapter: Adapter,
    port: Port,
}

impl Sessions {
    async fn on(ground: &Ground) -> Self {
        let mut adapter = ground.instance(SESSIONS).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn try_login(&mut self, email_key: &str, address: &str, at: i64) -> Result<Attempt, AttemptError> {
        let (email_key, address) = (email_key.to_owned(), address.to_owned());
        call!(self.tradepost_identity_login_sessions.call_try_login(email_key, address, at))
    }

    async fn start(&mut self, session: &NewSession, at: i64) -> Result<Beginning, SessionError> {
        let (session, ada, home) = (session.clone(), ADA.to_owned(), HOME.to_owned());
        call!(self.tradepost_identity_login_sessions.call_start(session, ada, home, at))
    }

    async fn refresh(&mut self, old: u8, new: u8, at: i64) -> Result<Refreshed, SessionError> {
        let (old, new) = (vec![old; 32], vec![new; 32]);
        call!(self.tradepost_identity_login_sessions.call_refresh(old, new, at, telling()))
    }

    async fn end(&mut self, id: &str, user_id: &str) -> Result<bool, SessionError> {
        let (id, user_id) = (id.to_owned(), user_id.to_owned());
        call!(self.tradepost_identity_login_sessions.call_end(id, user_id, NOW, telling()))
    }

    async fn seed(&mut self, at: i64) -> Result<Option<Vec<u8>>, SessionError> {
        call!(self.tradepost_identity_login_sessions.call_signing_seed(at))
    }

    async fn expire(&mut self, at: i64) -> Result<u64, SessionError> {
        call!(self.tradepost_identity_login_sessions.call_expire(at, 10))
    }

    async fn long_ended(&mut self, at: i64) -> Result<Vec<String>, SessionError> {
        call!(self.tradepost_identity_login_sessions.call_long_ended(at, 10))
    }

    async fn forget(&mut self, ids: &[&str]) -> Result<(), SessionError> {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        call!(self.tradepost_identity_login_sessions.call_forget(ids))
    }

    /// Logs Ada in; her first refresh token has the digest of `token`s.
    async fn log_in(&mut self, token: u8) -> NewSession {
        let account = self.try_login(ADA, HOME, NOW).await.unwrap().account.unwrap();
        let id = Uuid::now_v7().to_string();
        let session = NewSession { id, account, digest: vec![token; 32], expires_at: NOW + 30 * DAY };
        assert_eq!(self.start(&session, NOW).await, Ok(Beginning::Begun(NOW)));
        session
    }
}

fn telling() -> Telling {
    Telling { event_id: Uuid::now_v7().to_string(), traceparent: None }
}

async fn rotate(ground: &Ground, at: i64, n: u8) -> Result<Vec<Vec<u8>>, KeyError> {
    struct Keys {
        adapter: Adapter,
        port: PortOfKeys,
    }
    let mut adapter = ground.instance(KEYS).await;
    let port = PortOfKeys::new(&mut adapter.store, &adapter.instance).unwrap();
    let mut keys = Keys { adapter, port };
    let fresh = FreshKey { id: format!("key {n}"), seed: vec![n; 32], public_key: vec![n; 32] };
    call!(keys.tradepost_identity_signing_keys.call_rotate(at, 86_400, fresh))
}

/// A ground with Ada, who has a password, and somebody who has none.
async fn inhabited() -> Ground {
    let ground = Ground::fresh().await;
    let rows = "INSERT INTO identity.users (id, name, email, email_key, created_at, scopes)
                VALUES (gen_random_uuid(), 'Ada', 'Ada@example.com', 'ada@example.com', now(), 'orders:read'),
                       (gen_random_uuid(), 'Bob', 'bob@example.com', 'bob@example.com', now(), '');
                INSERT INTO identity.credentials (user_id, phc, changed_at)
                SELECT id, '$argon2id$of Ada', now() FROM identity.users WHERE name = 'Ada'";
    ground.database.as_ref().unwrap().connect().await.batch_execute(rows).await.unwrap();
    ground
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_brings_the_account_if_it_has_a_password_and_the_key_if_there_is_one() {
    let ground = inhabited().await;
    let mut sessions = Sessions::on(&ground).await;
    let attempt = sessions.try_login(ADA, HOME, NOW).await.unwrap();
    let account = attempt.account.unwrap();
    assert_eq!((account.phc.as_str(), account.scopes.as_str()), ("$argon2id$of Ada", "orders:read"));
    assert_eq!((attempt.seed, sessions.seed(NOW).await), (None, Ok(None)));
    rotate(&ground, NOW, 7).await.unwrap();
    for email_key in ["bob@example.com", "nobody@example.com", "", "' OR true --"] {
        let attempt = sessions.try_login(email_key, HOME, NOW).await.unwrap();
        assert_eq!((attempt.account, attempt.seed), (None, Some(vec![7; 32])), "{email_key}");
    }
    assert_eq!(sessions.seed(NOW).await, Ok(Some(vec![7; 32])));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_tries_at_once_not_one_too_many_goes_on() {
    let ground = inhabited().await;
    let mut sessions = Sessions::on(&ground).await;
    for email_key in [ADA, "nobody@example.com"] {
        let all = (0..64).map(|_| (email_key.to_owned(), HOME.to_owned()));
        let attempts = call_all!(sessions.tradepost_identity_login_sessions.call_try_login(
            (email_key, address) in all => email_key, address, NOW
        ));
        let throttled =
            attempts.iter().filter(|attempt| **attempt == Err(AttemptError::Throttled(60))).count();
        assert_eq!((throttled, attempts.iter().filter(|attempt| attempt.is_ok()).count()), (54, 10));
    }
    assert!(sessions.try_login(ADA, HOME, NOW + 60_000_000).await.is_ok(), "after those seconds");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_by_one_token_after_the_other_until_one_comes_twice() {
    let ground = inhabited().await;
    rotate(&ground, NOW, 7).await.unwrap();
    let mut sessions = Sessions::on(&ground).await;
    let session = sessions.log_in(1).await;
    for later in [0, HOUR] {
        assert_eq!(
            sessions.start(&session, NOW + later).await,
            Ok(Beginning::Begun(NOW)),
            "asking again is safe"
        );
    }
    for (again, later) in [(false, 0), (true, 0), (true, HOUR)] {
        let Refreshed::Exchanged(live) = sessions.refresh(1, 2, NOW + later).await.unwrap() else {
            panic!("it is good")
        };
        assert_eq!((live.issued_at, live.again), (NOW, again));
        assert_eq!((&live.id, &live.user_id), (&session.id, &session.account.user_id));
        assert_eq!((live.scopes.as_str(), live.seed), ("orders:read", Some(vec![7; 32])));
    }
    assert!(matches!(sessions.refresh(2, 3, NOW).await, Ok(Refreshed::Exchanged(_))));
    assert_eq!(sessions.refresh(9, 10, NOW).await, Ok(Refreshed::Unknown));
    assert_eq!(sessions.refresh(1, 4, NOW).await, Ok(Refreshed::Reused(session.id.clone())));
    assert_eq!(sessions.refresh(3, 5, NOW).await, Ok(Refreshed::Ended(session.id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_begins_only_for_an_account_that_is_what_it_was() {
    let ground = inhabited().await;
    let mut sessions = Sessions::on(&ground).await;
    let session = sessions.log_in(1).await;
    for change in [
        |session: &mut NewSession| session.account.phc = "$argon2id$another".to_owned(),
        |session: &mut NewSession| session.account.scopes = String::new(),
        |session: &mut NewSession| session.account.user_id = Uuid::now_v7().to_string(),
    ] {
        let mut other = NewSession { id: Uuid::now_v7().to_string(), digest: vec![2; 32], ..session.clone() };
        change(&mut other);
        assert_eq!(sessions.start(&other, NOW).await, Ok(Beginning::Changed));
    }
    assert_eq!(sessions.refresh(2, 3, NOW).await, Ok(Refreshed::Unknown), "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_ended_by_its_user_and_expires_at_its_time() {
    let ground = inhabited().await;
    let mut sessions = Sessions::on(&ground).await;
    let (one, other) = (sessions.log_in(1).await, sessions.log_in(2).await);
    let ada = &one.account.user_id;
    assert_eq!(sessions.end(&one.id, &Uuid::now_v7().to_string()).await, Ok(false), "it is another's");
    assert_eq!(sessions.end("nonsense", ada).await, Ok(false));
    assert_eq!(sessions.end(&one.id, ada).await, Ok(true));
    assert_eq!(sessions.end(&one.id, ada).await, Ok(true), "it has");
    assert_eq!(sessions.refresh(1, 3, NOW).await, Ok(Refreshed::Ended(one.id.clone())));
    assert_eq!(sessions.refresh(2, 4, NOW + 30 * DAY).await, Ok(Refreshed::Unknown));
    assert_eq!(sessions.long_ended(NOW + HOUR - 1).await, Ok(vec![]));
    assert_eq!(sessions.long_ended(NOW + HOUR).await, Ok(vec![one.id.clone()]));
    assert!(sessions.expire(NOW + 30 * DAY).await.unwrap() >= 1);
    assert_eq!(sessions.end(&other.id, ada).await, Ok(false), "it is gone");
    assert_eq!(sessions.expire(NOW + 30 * DAY).await, Ok(0));
    assert_eq!(sessions.end(&one.id, ada).await, Ok(true), "it has ended, and nobody has forgotten it yet");
    assert_eq!(sessions.forget(&[]).await, Ok(()));
    assert_eq!(sessions.forget(&[&one.id, &other.id]).await, Ok(()));
    assert_eq!(sessions.end(&one.id, ada).await, Ok(false));
    let lasting = sessions.log_in(5).await;
    assert_eq!(sessions.forget(&[&lasting.id]).await, Ok(()), "what has not ended stays");
    assert_eq!(sessions.end(&lasting.id, ada).await, Ok(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_taken_when_it_is_needed_and_those_that_verify_are_told() {
    let ground = Ground::fresh().await;
    let published = |keys: Result<Vec<Vec<u8>>, KeyError>| -> Vec<u8> {
        keys.unwrap().iter().map(|key| key[0]).collect()
    };
    assert_eq!(published(rotate(&ground, NOW, 1).await), [1]);
    assert_eq!(published(rotate(&ground, NOW, 2).await), [1]);
    assert_eq!(published(rotate(&ground, NOW + DAY, 3).await), [3, 1]);
    assert_eq!(
        Sessions::on(&ground).await.seed(NOW + DAY).await,
        Ok(Some(vec![1; 32])),
        "not before it is known"
    );
    assert_eq!(published(rotate(&ground, NOW + DAY + 2_000_000_000, 4).await), [3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_unavailable_and_no_error_says_where_it_is() {
    let ground = Ground::away().await;
    let mut sessions = Sessions::on(&ground).await;
    let Err(AttemptError::Unavailable(reason)) = sessions.try_login(ADA, HOME, NOW).await else {
        panic!("away")
    };
    assert!(!gives_away_an_address(&reason), "{reason}");
    let Err(SessionError::Unavailable(reason)) = sessions.refresh(1, 2, NOW).await else { panic!("away") };
    assert!(!gives_away_an_address(&reason), "{reason}");
    assert!(matches!(rotate(&ground, NOW, 1).await, Err(KeyError::Unavailable(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_cut_is_opened_anew() {
    let ground = inhabited().await;
    let mut sessions = Sessions::on(&ground).await;
    sessions.log_in(1).await;
    ground.cut_connections().await;
    assert!(matches!(sessions.refresh(1, 2, NOW).await, Ok(Refreshed::Exchanged(_))));
}
