//! The ports `identity/one-time-tokens` and `identity/credentials`, on the store that `identity/user-directory` writes.

mod credentials;

use crate::ground::{Ground, Plug, call};
use crate::user_directory::{self, Directory, user};
use futures::future::join_all;
use port::Port;
use port::exports::tradepost::identity::one_time_tokens::{
    Addressee, Idempotency, IdempotencyScope, Purpose, Reset, ResetOutcome, Sending, Token, TokenError, Used,
    Verification, Verified,
};
use tradepost::adapter::Adapter;
use uuid::Uuid;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/identity",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:identity/one-time-tokens@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const POSTGRES: Plug = Plug { package: "one-time-tokens-postgres", granted_as: "identity-password-resets" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES, credentials::POSTGRES];

const NOW: i64 = 1_795_348_800_000_000;
const MINUTE: i64 = 60_000_000;
const PHC: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";

struct Tokens {
    adapter: Adapter,
    port: Port,
}

impl Tokens {
    async fn on(ground: &Ground) -> Self {
        let mut adapter = ground.instance(POSTGRES).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn send(&mut self, token: Token, to: Addressee, now: i64) -> Result<Sending, TokenError> {
        call!(self.tradepost_identity_one_time_tokens.call_send(token, to, now))
    }

    async fn bearer(&mut self, n: u8, purpose: Purpose, now: i64) -> Result<Option<String>, TokenError> {
        call!(self.tradepost_identity_one_time_tokens.call_bearer(vec![n; 32], purpose, now))
    }

    async fn reset(
        &mut self,
        n: u8,
        at: i64,
        idempotency: Option<Idempotency>,
    ) -> Result<ResetOutcome, TokenError> {
        let reset = Reset {
            digest: vec![n; 32],
            phc: PHC.to_owned(),
            at,
            event_id: Uuid::now_v7().to_string(),
            traceparent: None,
            idempotency,
        };
        call!(self.tradepost_identity_one_time_tokens.call_reset_password(reset))
    }

    async fn used_before(&mut self, idempotency: Idempotency) -> Result<Option<Used>, TokenError> {
        let Idempotency { scope, fingerprint, .. } = idempotency;
        call!(self.tradepost_identity_one_time_tokens.call_used_before(scope, fingerprint))
    }

    async fn verify(&mut self, verification: Verification) -> Result<Verified, TokenError> {
        call!(self.tradepost_identity_one_time_tokens.call_verify(verification))
    }
}

fn token(n: u8, purpose: Purpose) -> Token {
    Token {
        purpose,
        text: format!("token {n}"),
        digest: vec![n; 32],
        message_id: Uuid::now_v7().to_string(),
        expires_at: NOW + 30 * MINUTE,
    }
}

fn key(key: &str) -> Addressee {
    Addressee::EmailKey(key.to_owned())
}

/// The key `k` of a request whose body is `body`.
fn under_key(body: u8) -> Idempotency {
    let scope = IdempotencyScope {
        principal: "anonymous".to_owned(),
        method: "POST".to_owned(),
        path: "/password-resets/confirmation".to_owned(),
        key: "k".to_owned(),
    };
    Idempotency { scope, fingerprint: vec![body; 32], expires_at: 4_102_444_800_000_000 }
}

/// An empty store but for Ann; her id.
async fn with_ann() -> (Ground, String) {
    let ground = Ground::fresh().await;
    let ann = user("ann");
    Directory::on(&ground, user_directory::POSTGRES).await.register(&ann, "ann").await.unwrap();
    (ground, ann.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_its_bearers_until_it_expires_or_another_is_sent() {
    let (ground, ann) = with_ann().await;
    let mut tokens = Tokens::on(&ground).await;
    let reset = Purpose::PasswordReset;
    assert_eq!(tokens.send(token(1, reset), key("nobody"), NOW).await, Ok(Sending::Absent));
    assert_eq!(tokens.send(token(1, reset), Addressee::Id("x".to_owned()), NOW).await, Ok(Sending::Absent));
    assert_eq!(tokens.send(token(1, reset), key("ann"), NOW).await, Ok(Sending::Sent));
    assert_eq!(tokens.bearer(1, reset, NOW).await, Ok(Some(ann.clone())));
    assert_eq!(tokens.bearer(1, Purpose::EmailVerification, NOW).await, Ok(None));
    assert_eq!(tokens.bearer(1, reset, NOW + 30 * MINUTE).await, Ok(None));
    assert_eq!(tokens.bearer(2, reset, NOW).await, Ok(None));
    assert_eq!(tokens.send(token(2, reset), key("ann"), NOW + MINUTE - 1).await, Ok(Sending::TooSoon));
    // Another purpose is another token.
    let verification = token(3, Purpose::EmailVerification);
    assert_eq!(tokens.send(verification, Addressee::Id(ann.clone()), NOW).await, Ok(Sending::Sent));
    assert_eq!(tokens.send(token(2, reset), key("ann"), NOW + MINUTE).await, Ok(Sending::Sent));
    assert_eq!(tokens.bearer(1, reset, NOW + MINUTE).await, Ok(None));
    assert_eq!(tokens.bearer(2, reset, NOW + MINUTE).await, Ok(Some(ann)));
    let sent = "SELECT string_agg(template || ' ' || recipient || ' ' || (parameters->>'token'), ', ' ORDER BY created_at)
                FROM notification.messages";
    let sent: String =
        ground.database.as_ref().unwrap().connect().await.query_one(sent, &[]).await.unwrap().get(0);
    let expected = "password-reset ann@example.com token 1, email-verification ann@example.com token 3, \
                    password-reset ann@example.com token 2";
    assert_eq!(sent, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_resets_at_once_with_one_token_one_sets_the_password() {
    let (ground, _) = with_ann().await;
    let mut instances = join_all((0..4).map(|_| Tokens::on(&ground))).await;
    instances[0].send(token(1, Purpose::PasswordReset), key("ann"), NOW).await.unwrap();
    let of_no_use = [(2, NOW), (1, NOW + 30 * MINUTE)];
    for (n, at) in of_no_use {
        assert_eq!(instances[0].reset(n, at, None).await, Ok(ResetOutcome::UnknownToken));
    }
    let resets = join_all(instances.iter_mut().map(|tokens| tokens.reset(1, NOW, None))).await;
    let count = |outcome: &ResetOutcome| resets.iter().filter(|reset| reset.as_ref() == Ok(outcome)).count();
    assert_eq!(count(&ResetOutcome::Done(Vec::new())), 1, "{resets:?}");
    assert_eq!(count(&ResetOutcome::UnknownToken), 3, "{resets:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_resets_at_once_under_one_key_each_learns_that_the_password_is_set() {
    let (ground, ann) = with_ann().await;
    let mut instances = join_all((0..4).map(|_| Tokens::on(&ground))).await;
    instances[0].send(token(1, Purpose::PasswordReset), key("ann"), NOW).await.unwrap();
    // What was refused leaves the key as it was.
    assert_eq!(instances[0].reset(2, NOW, Some(under_key(2))).await, Ok(ResetOutcome::UnknownToken));
    assert_eq!(instances[0].used_before(under_key(2)).await, Ok(None));
    let resets = join_all(instances.iter_mut().map(|tokens| tokens.reset(1, NOW, Some(under_key(1))))).await;
    let count = |outcome: &ResetOutcome| resets.iter().filter(|reset| reset.as_ref() == Ok(outcome)).count();
    let used = Used { phc: Some(PHC.to_owned()) };
    assert_eq!(count(&ResetOutcome::Done(Vec::new())), 1, "{resets:?}");
    assert_eq!(count(&ResetOutcome::UsedBefore(used.clone())), 3, "{resets:?}");
    let tokens = &mut instances[0];
    assert_eq!(tokens.used_before(under_key(1)).await, Ok(Some(used)));
    assert_eq!(tokens.used_before(under_key(2)).await, Ok(None));
    assert_eq!(tokens.reset(1, NOW, Some(under_key(2))).await, Ok(ResetOutcome::KeyReused));

    // Her hash is in no store when she is in none.
    let mut directory = Directory::on(&ground, user_directory::POSTGRES).await;
    let ann = directory.find(&ann).await.unwrap().unwrap();
    assert_eq!(directory.erase(&ann).await, Ok(true));
    assert_eq!(tokens.used_before(under_key(1)).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_verified_once_on_the_version_that_was_expected() {
    let (ground, ann) = with_ann().await;
    let mut tokens = Tokens::on(&ground).await;
    let purpose = Purpose::EmailVerification;
    tokens.send(token(1, purpose), Addressee::Id(ann.clone()), NOW).await.unwrap();
    let verification = |n: u8, expected_version: u64| Verification {
        digest: vec![n; 32],
        id: ann.clone(),
        name: "ann".to_owned(),
        email: "ann@example.com".to_owned(),
        email_key: "ann".to_owned(),
        created_at: NOW,
        verified_at: NOW,
        scopes: String::new(),
        expected_version,
        event_id: Uuid::now_v7().to_string(),
        event_type: "tradepost.identity.user-changed.v1".to_owned(),
        event_data: "{}".to_owned(),
        traceparent: None,
        idempotency: Some(under_key(n)),
    };
    assert_eq!(tokens.verify(verification(2, 1)).await, Ok(Verified::UnknownToken));
    for stale in [2, u64::MAX] {
        assert_eq!(tokens.verify(verification(1, stale)).await, Ok(Verified::VersionConflict));
    }
    assert_eq!(tokens.used_before(under_key(1)).await, Ok(None));
    assert_eq!(tokens.verify(verification(1, 1)).await, Ok(Verified::Done));
    assert_eq!(tokens.verify(verification(1, 2)).await, Ok(Verified::UnknownToken));
    assert_eq!(tokens.used_before(under_key(1)).await, Ok(Some(Used { phc: None })));
    assert_eq!(tokens.used_before(under_key(2)).await, Ok(None));
    let found = Directory::on(&ground, user_directory::POSTGRES).await.find(&ann).await.unwrap().unwrap();
    assert_eq!((found.verified_at, found.version), (Some(NOW), 2));
    let again = tokens.send(token(3, purpose), Addressee::Id(ann), NOW + 2 * MINUTE).await;
    assert_eq!(again, Ok(Sending::Verified));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    let ground = Ground::away().await;
    let mut tokens = Tokens::on(&ground).await;
    let sent = tokens.send(token(1, Purpose::PasswordReset), key("ann"), NOW).await;
    assert!(matches!(sent, Err(TokenError::Unavailable(_))), "{sent:?}");
    let bearer = tokens.bearer(1, Purpose::PasswordReset, NOW).await;
    assert!(matches!(bearer, Err(TokenError::Unavailable(_))), "{bearer:?}");
    let reset = tokens.reset(1, NOW, None).await;
    assert!(matches!(reset, Err(TokenError::Unavailable(_))), "{reset:?}");
    let used = tokens.used_before(under_key(1)).await;
    assert!(matches!(used, Err(TokenError::Unavailable(_))), "{used:?}");
}
