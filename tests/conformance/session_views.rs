//! The ports `identity/session-views` and `identity/key-set-views`: what the gateway finds of them.

use crate::ground::{Ground, Plug, call};
use port::Port;
use port::exports::tradepost::identity::session_views::ViewError as SessionViewError;
use port_of_key_set::PortOfKeySet;
use port_of_key_set::exports::tradepost::identity::key_set_views::ViewError;
use tradepost::adapter::Adapter;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/identity",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:identity/session-views@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

mod port_of_key_set {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/identity",
        inline: "
            package tradepost:conformance;

            world port-of-key-set {
                export tradepost:identity/key-set-views@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const SESSIONS: Plug = Plug { package: "session-views-key-value", granted_as: "identity-session-views" };
const KEY_SET: Plug = Plug { package: "key-set-views-key-value", granted_as: "identity-jwks" };

pub(crate) const ADAPTERS: &[Plug] = &[SESSIONS, KEY_SET];

const ONE: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const OTHER: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

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

    async fn end(ground: &Ground, ids: &[&str]) -> Result<(), SessionViewError> {
        let mut sessions = Self::on(ground).await;
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        call!(sessions.tradepost_identity_session_views.call_end(ids))
    }

    async fn forget(ground: &Ground, ids: &[&str]) -> Result<(), SessionViewError> {
        let mut sessions = Self::on(ground).await;
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        call!(sessions.tradepost_identity_session_views.call_forget(ids))
    }
}

struct KeySet {
    adapter: Adapter,
    port: PortOfKeySet,
}

impl KeySet {
    async fn on(ground: &Ground) -> Self {
        let mut adapter = ground.instance(KEY_SET).await;
        let port = PortOfKeySet::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn get(&mut self) -> Result<Option<Vec<u8>>, ViewError> {
        call!(self.tradepost_identity_key_set_views.call_get())
    }

    async fn put(&mut self, key_set: &[u8]) -> Result<(), ViewError> {
        let key_set = key_set.to_vec();
        call!(self.tradepost_identity_key_set_views.call_put(key_set))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_have_ended_are_found_under_the_keys_that_the_gateway_reads() {
    let ground = Ground::fresh().await;
    assert_eq!(Sessions::end(&ground, &[]).await, Ok(()));
    for _ in 0..2 {
        assert_eq!(Sessions::end(&ground, &[ONE, OTHER]).await, Ok(()));
    }
    let mut keys: Vec<String> = ground.store().keys().unwrap().map(Result::unwrap).collect();
    keys.sort_unstable();
    assert_eq!(keys, [format!("session:{ONE}:ended"), format!("session:{OTHER}:ended")]);
    for _ in 0..2 {
        assert_eq!(Sessions::forget(&ground, &[ONE]).await, Ok(()));
    }
    let left: Vec<String> = ground.store().keys().unwrap().map(Result::unwrap).collect();
    assert_eq!(left, [format!("session:{OTHER}:ended")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_sessions_id_shows_nothing() {
    let ground = Ground::fresh().await;
    for id in ["", "x", "../identity:signing-keys"] {
        assert!(matches!(Sessions::end(&ground, &[ONE, id]).await, Err(SessionViewError::Other(_))), "{id}");
        assert!(matches!(Sessions::forget(&ground, &[id]).await, Err(SessionViewError::Other(_))), "{id}");
    }
    assert_eq!(ground.store().keys().unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_set_stays_until_another_takes_its_place() {
    let ground = Ground::fresh().await;
    let mut key_set = KeySet::on(&ground).await;
    assert_eq!(key_set.get().await, Ok(None));
    for text in [&b"one"[..], b"another"] {
        assert_eq!(key_set.put(text).await, Ok(()));
        assert_eq!(KeySet::on(&ground).await.get().await, Ok(Some(text.to_vec())));
        assert_eq!(ground.store().get("identity:signing-keys").unwrap().as_deref(), Some(text));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_is_unavailable() {
    let ground = Ground::away().await;
    assert!(matches!(Sessions::end(&ground, &[ONE]).await, Err(SessionViewError::Unavailable(_))));
    assert!(matches!(Sessions::forget(&ground, &[ONE]).await, Err(SessionViewError::Unavailable(_))));
    let mut key_set = KeySet::on(&ground).await;
    assert!(matches!(key_set.get().await, Err(ViewError::Unavailable(_))));
    assert!(matches!(key_set.put(b"x").await, Err(ViewError::Unavailable(_))));
}
