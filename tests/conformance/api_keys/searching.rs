//! The port `identity/api-key-search`.

use super::{Keys, creation};
use crate::ground::{Ground, Plug, call};
use port::Port;
use port::exports::tradepost::identity::api_key_search::{Page, SearchError, Start};
use tradepost::adapter::Adapter;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/identity",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:identity/api-key-search@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

pub(super) const POSTGRES: Plug =
    Plug { package: "api-key-search-postgres", granted_as: "identity-api-keys" };

/// The adapters of the two ports that work on one store: what is made through the one is listed by the other.
const WITH_KEYS: &[(Plug, Plug)] = &[(POSTGRES, super::POSTGRES)];

struct Search {
    adapter: Adapter,
    port: Port,
}

impl Search {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn list(&mut self, start: Start, limit: u32) -> Result<Page, SearchError> {
        call!(self.tradepost_identity_api_key_search.call_list_keys(start, limit))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_from_the_newest_to_the_oldest_without_those_that_are_revoked() {
    for (search, keys) in WITH_KEYS {
        let ground = Ground::fresh().await;
        let mut keys = Keys::on(&ground, *keys).await;
        let mut ids = Vec::new();
        for name in ["a", "b", "c", "d", "e"] {
            let made = creation(name);
            ids.push(made.api_key.id.clone());
            keys.create(made).await.unwrap();
        }
        keys.revoke(&ids[2]).await.unwrap();
        let mut search = Search::on(&ground, *search).await;
        for (start, limit, expected, has_more) in [
            (Start::Top, 100, "edba", false),
            (Start::Top, 0, "e", true),
            (Start::After(ids[3].clone()), 1, "b", true),
            (Start::After(ids[2].clone()), 2, "ba", false),
            (Start::Before(ids[0].clone()), 2, "db", true),
        ] {
            let context = format!("{start:?} {limit}");
            let page = search.list(start, limit).await.unwrap();
            let names: String = page.api_keys.iter().map(|key| key.name.as_str()).collect();
            assert_eq!((names.as_str(), page.has_more), (expected, has_more), "{context}");
            assert!(page.api_keys.iter().all(|key| {
                (key.scopes.as_str(), key.created_by.as_str()) == ("orders:read stock:read", "admin")
                    && key.created_at == 1_795_348_800_123_457
            }));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    let ground = Ground::away().await;
    let listed = Search::on(&ground, POSTGRES).await.list(Start::Top, 1).await;
    assert!(matches!(listed, Err(SearchError::Unavailable(_))), "{listed:?}");
}
