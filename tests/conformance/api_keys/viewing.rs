//! The port `identity/api-key-views`, and the bytes by which the gateway reads it.

use crate::ground::{Ground, Plug, call};
use port::Port;
use port::exports::tradepost::identity::api_key_views::{Entry, ViewError};
use serde_json::{Value, json};
use tradepost::adapter::Adapter;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/identity",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:identity/api-key-views@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

pub(super) const KEY_VALUE: Plug =
    Plug { package: "api-key-views-key-value", granted_as: "identity-api-key-views" };

struct Views {
    adapter: Adapter,
    port: Port,
}

impl Views {
    async fn on(ground: &Ground) -> Self {
        let mut adapter = ground.instance(KEY_VALUE).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn put(&mut self, digest: &str, revoked: bool) -> Result<(), ViewError> {
        let entry = Entry { id: "key_x".to_owned(), scopes: "orders:read stock:read".to_owned(), revoked };
        call!(self.tradepost_identity_api_key_views.call_put(digest.to_owned(), entry))
    }

    async fn last_uses(&mut self, ids: &[&str]) -> Result<Vec<Option<i64>>, ViewError> {
        let ids = ids.iter().map(|id| (*id).to_owned()).collect();
        call!(self.tradepost_identity_api_key_views.call_last_uses(ids))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_stands_where_the_gateway_looks_and_what_is_revoked_stays_so() {
    let ground = Ground::fresh().await;
    let (mut views, digest) = (Views::on(&ground).await, "0a".repeat(32));
    let stored = || {
        let (store, key) = (ground.store(), format!("api-key:{digest}"));
        let entry: Value = serde_json::from_slice(&store.get(&key).unwrap().unwrap()).unwrap();
        (entry, store.exists(&format!("{key}:revoked")).unwrap())
    };
    for (puts, is_revoked) in [(false, false), (false, false), (true, true), (false, true), (true, true)] {
        assert_eq!(views.put(&digest, puts).await, Ok(()));
        let expected = json!({"id": "key_x", "scopes": "orders:read stock:read"});
        assert_eq!(stored(), (expected, is_revoked));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_digest_is_no_key() {
    let ground = Ground::fresh().await;
    let mut views = Views::on(&ground).await;
    for digest in ["", "0a", &"0A".repeat(32), &"0g".repeat(32), &"0".repeat(65), &"é".repeat(32)] {
        assert!(matches!(views.put(digest, false).await, Err(ViewError::Other(_))), "{digest}");
    }
    assert_eq!(ground.store().keys().unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn uses_are_read_as_the_gateway_writes_them() {
    let ground = Ground::fresh().await;
    ground.store().set("api-key-use:key_a", b"1795348800123457".to_vec()).await.unwrap();
    ground.store().set("api-key-use:key_c", b"yesterday".to_vec()).await.unwrap();
    let mut views = Views::on(&ground).await;
    let uses = views.last_uses(&["key_a", "key_b", "key_c"]).await;
    assert_eq!(uses, Ok(vec![Some(1_795_348_800_123_457), None, None]));
    assert_eq!(views.last_uses(&[]).await, Ok(Vec::new()));
    assert!(matches!(views.last_uses(&["key"; 101]).await, Err(ViewError::Other(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    let ground = Ground::away().await;
    let mut views = Views::on(&ground).await;
    for revoked in [false, true] {
        let put = views.put(&"0a".repeat(32), revoked).await;
        assert!(matches!(put, Err(ViewError::Unavailable(_))), "{put:?}");
    }
    let uses = views.last_uses(&["key_a"]).await;
    assert!(matches!(uses, Err(ViewError::Unavailable(_))), "{uses:?}");
}
