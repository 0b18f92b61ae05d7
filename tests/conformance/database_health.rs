//! The port `platform/database-health`.

use crate::ground::{Ground, Plug, call, gives_away_an_address};
use port::Port;
use tradepost::adapter::Adapter;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/platform",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:platform/database-health@0.1.0;
            }
        ",
    });
}

const POSTGRES: Plug = Plug { package: "database-health-postgres", granted_as: "platform-readiness" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES];

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
        call!(self.tradepost_platform_database_health.call_check())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_answers_is_well() {
    for plug in ADAPTERS {
        let ground = Ground::fresh().await;
        let mut health = Health::on(&ground, *plug).await;
        assert_eq!([health.check().await, health.check().await], [Ok(()), Ok(())], "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_not_and_the_reason_tells_no_secret() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut health = Health::on(&ground, *plug).await;
        let reason = health.check().await.unwrap_err();
        assert!((1..100).contains(&reason.len()) && !gives_away_an_address(&reason), "{plug:?} {reason}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_has_restarted_is_well_at_once() {
    let ground = Ground::fresh().await;
    let mut health = Health::on(&ground, POSTGRES).await;
    health.check().await.unwrap();
    ground.cut_connections().await;
    assert_eq!(health.check().await, Ok(()));
}
