//! The port `platform/view-store-health`.

use crate::ground::{Ground, Plug, call};
use port::Port;
use tradepost::adapter::Adapter;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/platform",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:platform/view-store-health@0.1.0;
            }
        ",
    });
}

const KEY_VALUE: Plug = Plug { package: "view-store-health-key-value", granted_as: "platform-readiness" };

pub(crate) const ADAPTERS: &[Plug] = &[KEY_VALUE];

struct Health {
    adapter: Adapter,
    port: Port,
}

impl Health {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn check(&mut self) -> Result<(), String> {
        call!(self.tradepost_platform_view_store_health.call_check())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_answers_is_well_and_stays_as_it_was() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut health = Health::on(&ground, *plug).await;
        assert_eq!([health.check().await, health.check().await], [Ok(()), Ok(())], "{plug:?}");
        assert_eq!(ground.store().keys().unwrap().count(), 0, "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_is_not() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut health = Health::on(&ground, *plug).await;
        let reason = health.check().await.unwrap_err();
        assert!((1..100).contains(&reason.len()), "{plug:?} {reason}");
    }
}
