//! The port `gateway/admission`.

use crate::ground::{Ground, Plug, call};
use port::Port;
use port::exports::tradepost::gateway::admission::{Principal, Refusal, RequestHead, Requirement};
use tradepost::adapter::Adapter;
use tradepost_tests::ADMIN_KEY;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/gateway",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:gateway/admission@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

pub(crate) const ADAPTERS: &[Plug] = &[Plug { package: "gateway-admission", granted_as: "platform-health" }];

struct Admission {
    adapter: Adapter,
    port: Port,
}

impl Admission {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn admit(
        &mut self,
        authorization: Option<&str>,
        requirement: Requirement,
    ) -> Result<Principal, Refusal> {
        let head = RequestHead {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            authorization: authorization.map(str::to_owned),
            client_address: Some("127.0.0.1".to_owned()),
            requirement,
        };
        call!(self.tradepost_gateway_admission.call_admit(head))
    }
}

fn is_unauthenticated(answer: &Result<Principal, Refusal>) -> bool {
    matches!(answer, Err(Refusal::Unauthenticated(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shows_nothing_may_come_in_where_anyone_may() {
    for plug in ADAPTERS {
        let mut admission = Admission::on(&Ground::with_admin_key(ADMIN_KEY).await, *plug).await;
        assert!(
            matches!(admission.admit(None, Requirement::Open).await, Ok(Principal::Anonymous)),
            "{plug:?}"
        );
        for requirement in [Requirement::Identified, Requirement::Admin] {
            assert!(
                is_unauthenticated(&admission.admit(None, requirement).await),
                "{plug:?} {requirement:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_key_makes_an_administrator_everywhere() {
    for plug in ADAPTERS {
        let mut admission = Admission::on(&Ground::with_admin_key(ADMIN_KEY).await, *plug).await;
        for scheme in ["Bearer", "bearer", "BEARER"] {
            for requirement in [Requirement::Admin, Requirement::Identified, Requirement::Open] {
                let answer = admission.admit(Some(&format!("{scheme} {ADMIN_KEY}")), requirement).await;
                assert!(matches!(answer, Ok(Principal::Admin)), "{plug:?} {scheme} {answer:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_is_not_good_is_refused_everywhere_and_not_repeated() {
    let shorter = format!("Bearer {}", &ADMIN_KEY[1..]);
    let cut = format!("Bearer {}", &ADMIN_KEY[..ADMIN_KEY.len() - 1]);
    let longer = format!("Bearer {ADMIN_KEY}x");
    let in_capitals = format!("Bearer {}", ADMIN_KEY.to_uppercase());
    let basic = format!("Basic {ADMIN_KEY}");
    let twice = format!("Bearer {ADMIN_KEY} {ADMIN_KEY}");
    let listed = format!("Bearer {ADMIN_KEY}, Bearer {ADMIN_KEY}");
    let rows = [
        "",
        " ",
        "Bearer",
        "Bearer ",
        "Bearer another-secret",
        ADMIN_KEY,
        "Bearer \u{fc}",
        "Bearer a\0b",
        &shorter,
        &cut,
        &longer,
        &in_capitals,
        &basic,
        &twice,
        &listed,
    ];
    for plug in ADAPTERS {
        let mut admission = Admission::on(&Ground::with_admin_key(ADMIN_KEY).await, *plug).await;
        for authorization in rows {
            for requirement in [Requirement::Admin, Requirement::Identified, Requirement::Open] {
                let answer = admission.admit(Some(authorization), requirement).await;
                let Err(Refusal::Unauthenticated(reason)) = answer else {
                    panic!("{plug:?} {authorization:?} {answer:?}")
                };
                assert!(
                    !reason.is_empty() && !reason.contains(ADMIN_KEY) && !reason.contains("secret"),
                    "{reason}"
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_admin_key_is_set_nobody_is_an_administrator() {
    for plug in ADAPTERS {
        for admin_key in ["", " ", "\n"] {
            let mut admission = Admission::on(&Ground::with_admin_key(admin_key).await, *plug).await;
            for authorization in ["Bearer", "Bearer ", "Bearer  ", "Bearer \n", "", "Bearer x"] {
                let answer = admission.admit(Some(authorization), Requirement::Admin).await;
                assert!(is_unauthenticated(&answer), "{plug:?} {admin_key:?} {authorization:?} {answer:?}");
            }
            assert!(
                matches!(admission.admit(None, Requirement::Open).await, Ok(Principal::Anonymous)),
                "{plug:?}"
            );
        }
    }
}
