//! The ports `identity/api-keys` and `identity/api-key-search`, on one store, and `identity/api-key-views`.

mod searching;
mod viewing;

use crate::ground::{Ground, Plug, call};
use futures::future::join_all;
use port::Port;
use port::exports::tradepost::identity::api_keys::{
    ApiKey, Created, Creation, CreationError, IdempotencyScope, KeptAnswer, ReplayedAnswer, Revocation,
    RevocationError, Revoked,
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
                export tradepost:identity/api-keys@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const POSTGRES: Plug = Plug { package: "api-keys-postgres", granted_as: "identity-api-keys" };
const KEYS: &[Plug] = &[POSTGRES];

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES, searching::POSTGRES, viewing::KEY_VALUE];

struct Keys {
    adapter: Adapter,
    port: Port,
}

impl Keys {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn create(&mut self, creation: Creation) -> Result<Created, CreationError> {
        call!(self.tradepost_identity_api_keys.call_create(creation))
    }

    async fn revoke(&mut self, id: &str) -> Result<Option<Revoked>, RevocationError> {
        let revocation = Revocation {
            id: id.to_owned(),
            event_id: Uuid::now_v7().to_string(),
            occurred_at: 1_795_348_800_123_457,
            traceparent: None,
        };
        call!(self.tradepost_identity_api_keys.call_revoke(revocation))
    }
}

fn creation(name: &str) -> Creation {
    let api_key = ApiKey {
        id: Uuid::now_v7().to_string(),
        name: name.to_owned(),
        digest: Uuid::now_v7().into_bytes().repeat(2),
        scopes: "orders:read stock:read".to_owned(),
        owner: None,
        created_by: "admin".to_owned(),
        created_at: 1_795_348_800_123_457,
    };
    Creation { api_key, event_id: Uuid::now_v7().to_string(), traceparent: None, answer: None }
}

fn answer(body: &str) -> KeptAnswer {
    let [principal, method, path, key] = ["admin", "POST", "/api-keys", "k"].map(str::to_owned);
    KeptAnswer {
        scope: IdempotencyScope { principal, method, path, key },
        fingerprint: vec![1; 32],
        status: 201,
        location: Some("/api-keys/x".to_owned()),
        body: body.as_bytes().to_vec(),
        expires_at: 4_102_444_800_000_000,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_once_and_revoked_once() {
    for plug in KEYS {
        let ground = Ground::fresh().await;
        let mut keys = Keys::on(&ground, *plug).await;
        let made = creation("first");
        let key = made.api_key.clone();
        for _ in 0..2 {
            assert_eq!(keys.create(made.clone()).await, Ok(Created::Done), "{plug:?}");
        }
        let revoked = Revoked { digest: key.digest, scopes: key.scopes };
        assert_eq!(keys.revoke(&key.id).await, Ok(Some(revoked)), "{plug:?}");
        for id in [key.id.as_str(), "0193f0c4-8f5e-7a51-b7d2-3f6a2f1b9c11", "key_x", ""] {
            assert_eq!(keys.revoke(id).await, Ok(None), "{plug:?} {id}");
        }
        let client = ground.database.as_ref().unwrap().connect().await;
        let told = "SELECT string_agg(sequence || ' ' || (data->>'revoked'), ', ' ORDER BY position)
                    FROM identity.outbox WHERE subject LIKE 'key\\_%'";
        let told: String = client.query_one(told, &[]).await.unwrap().get(0);
        assert_eq!(told, "1 false, 2 true", "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_somebody_who_is_not_there_is_not_made_and_uses_up_no_idempotency_key() {
    for plug in KEYS {
        let ground = Ground::fresh().await;
        let mut keys = Keys::on(&ground, *plug).await;
        let mut orphan = Creation { answer: Some(answer("orphan")), ..creation("orphan") };
        orphan.api_key.owner = Some(Uuid::now_v7().to_string());
        assert_eq!(keys.create(orphan).await, Err(CreationError::NotOwned), "{plug:?}");
        let made = Creation { answer: Some(answer("made")), ..creation("made") };
        assert_eq!(keys.create(made).await, Ok(Created::Done), "{plug:?}");
        let again = Creation { answer: Some(answer("again")), ..creation("again") };
        let kept = answer("made");
        let replayed =
            ReplayedAnswer { status: 201, location: kept.location.clone(), body: kept.body.clone() };
        assert_eq!(keys.create(again).await, Ok(Created::Replayed(replayed)), "{plug:?}");
        let other = KeptAnswer { fingerprint: vec![2; 32], ..kept };
        let other = Creation { answer: Some(other), ..creation("other") };
        assert_eq!(keys.create(other).await, Err(CreationError::KeyReused), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_revocations_at_once_one_has_revoked_it() {
    for plug in KEYS {
        let ground = Ground::fresh().await;
        let mut instances = join_all((0..4).map(|_| Keys::on(&ground, *plug))).await;
        let made = creation("first");
        instances[0].create(made.clone()).await.unwrap();
        let id = made.api_key.id.as_str();
        let revoked = join_all(instances.iter_mut().map(|keys| keys.revoke(id))).await;
        assert_eq!(revoked.iter().filter(|revoked| matches!(revoked, Ok(Some(_)))).count(), 1, "{revoked:?}");
        assert_eq!(revoked.iter().filter(|revoked| **revoked == Ok(None)).count(), 3, "{revoked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in KEYS {
        let ground = Ground::away().await;
        let mut keys = Keys::on(&ground, *plug).await;
        let made = keys.create(creation("first")).await;
        assert!(matches!(made, Err(CreationError::Unavailable(_))), "{plug:?} {made:?}");
        let revoked = keys.revoke(&Uuid::now_v7().to_string()).await;
        assert!(matches!(revoked, Err(RevocationError::Unavailable(_))), "{plug:?} {revoked:?}");
    }
}
