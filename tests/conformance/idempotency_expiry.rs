//! The port `platform/idempotency-expiry`.

use crate::ground::{Ground, Plug, call};
use port::Port;
use port::exports::tradepost::platform::idempotency_expiry::{Context, ExpiryError};
use tradepost::adapter::Adapter;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/platform",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:platform/idempotency-expiry@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

pub(crate) const ADAPTERS: &[Plug] =
    &[Plug { package: "idempotency-expiry-postgres", granted_as: "platform-idempotency-expiry" }];

const CONTEXTS: [(Context, &str); 6] = [
    (Context::Catalog, "catalog"),
    (Context::Identity, "identity"),
    (Context::Inventory, "inventory"),
    (Context::Messaging, "messaging"),
    (Context::Ordering, "ordering"),
    (Context::Payment, "payment"),
];

struct Expiry {
    adapter: Adapter,
    port: Port,
}

impl Expiry {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn expire(&mut self, context: Context, most: u32) -> Result<u32, ExpiryError> {
        call!(self.tradepost_platform_idempotency_expiry.call_expire(context, most))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_context_loses_what_has_expired_and_nothing_else() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let client = ground.database.as_ref().unwrap().connect().await;
        let mut expiry = Expiry::on(&ground, *plug).await;
        for (context, schema) in CONTEXTS {
            let keep = format!(
                "INSERT INTO {schema}.idempotency_keys
                     (principal, method, path, key, fingerprint, status, body, expires_at)
                 SELECT 'p', 'POST', '/', n::text, sha256('x'), 200, '', now() + (n - 4) * interval '1 hour'
                 FROM generate_series(1, 6) AS n"
            );
            client.execute(&keep, &[]).await.unwrap();
            // None counts as one, and more than may be as what may be.
            assert_eq!(expiry.expire(context, 0).await, Ok(1), "{schema}");
            assert_eq!(expiry.expire(context, 2).await, Ok(2), "{schema}");
            assert_eq!(expiry.expire(context, u32::MAX).await, Ok(1), "{schema}");
            assert_eq!(expiry.expire(context, 2).await, Ok(0), "{schema}");
            let left = format!("SELECT string_agg(key, ' ' ORDER BY key) FROM {schema}.idempotency_keys");
            let left: String = client.query_one(&left, &[]).await.unwrap().get(0);
            assert_eq!(left, "5 6", "{schema}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let expired = Expiry::on(&ground, *plug).await.expire(Context::Catalog, 1).await;
        assert!(matches!(expired, Err(ExpiryError::Unavailable(_))), "{plug:?} {expired:?}");
    }
}
