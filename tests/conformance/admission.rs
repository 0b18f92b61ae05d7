//! The port `gateway/admission`.

mod buckets;
mod keys;
mod tokens;

use crate::ground::{Ground, Plug, call};
use port::Port;
use port::exports::tradepost::gateway::admission::{
    Admitted, Principal, Refusal, Refused, RequestHead, Requirement,
};
use std::time::Duration;
use tradepost::adapter::Adapter;
use tradepost_tests::ADMIN_KEY;
use tradepost_tests::credentials::{Issuer, api_key, some_user};

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
            forwarded_for: None,
            origin: None,
            requirement,
        };
        let answer: Result<Admitted, Refused> = call!(self.tradepost_gateway_admission.call_admit(head));
        answer.map(|admitted| admitted.principal).map_err(|refused| refused.refusal)
    }
}

fn of_staff() -> Requirement {
    Requirement::Scope("orders:read".to_owned())
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
        for requirement in [Requirement::Identified, of_staff()] {
            let answer = admission.admit(None, requirement.clone()).await;
            assert!(is_unauthenticated(&answer), "{plug:?} {requirement:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_admin_key_makes_an_administrator_everywhere() {
    for plug in ADAPTERS {
        let mut admission = Admission::on(&Ground::with_admin_key(ADMIN_KEY).await, *plug).await;
        for scheme in ["Bearer", "bearer", "BEARER"] {
            for requirement in [of_staff(), Requirement::Identified, Requirement::Open] {
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
            for requirement in [of_staff(), Requirement::Identified, Requirement::Open] {
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
                let answer = admission.admit(Some(authorization), of_staff()).await;
                assert!(is_unauthenticated(&answer), "{plug:?} {admin_key:?} {authorization:?} {answer:?}");
            }
            assert!(
                matches!(admission.admit(None, Requirement::Open).await, Ok(Principal::Anonymous)),
                "{plug:?}"
            );
        }
    }
}

/// What a held clock says at first, since 1970-01-01T00:00:00Z.
const NOW: Duration = Duration::from_hours(500_000);

/// The signing key of these tests, and its seed.
const SEED: u8 = 7;

fn issuer() -> Issuer {
    Issuer::numbered(SEED)
}

/// A place where this one's tokens are believed, and an instance there.
async fn believing(plug: Plug, issuers: &[&Issuer]) -> (Ground, Admission) {
    let ground = Ground::with_variables(&[]).await;
    Issuer::publish(issuers, &ground.store()).await;
    let admission = Admission::on(&ground, plug).await;
    (ground, admission)
}

impl Admission {
    async fn shown(&mut self, credential: &str, requirement: Requirement) -> Result<Principal, Refusal> {
        self.admit(Some(&format!("Bearer {credential}")), requirement).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_lacks_the_scope_is_known_but_not_allowed() {
    for plug in ADAPTERS {
        let (ground, mut admission) = believing(*plug, &[&issuer()]).await;
        for scopes in ["", "stock:read", "orders:write events:read"] {
            let token = issuer().token(some_user(), scopes);
            let (_, key) = api_key(&ground.store(), scopes, false).await;
            for credential in [token, key] {
                let answer = admission.shown(&credential, of_staff()).await;
                assert!(matches!(answer, Err(Refusal::Forbidden(_))), "{plug:?} {scopes}: {answer:?}");
                let unheard_of = Requirement::Scope("everything".to_owned());
                let answer = admission.shown(&credential, unheard_of).await;
                assert!(matches!(answer, Err(Refusal::Forbidden(_))), "{plug:?} {scopes}: {answer:?}");
                assert!(admission.shown(&credential, Requirement::Identified).await.is_ok(), "{plug:?}");
            }
        }
        let unheard_of = Requirement::Scope("everything".to_owned());
        assert_eq!(admission.shown(ADMIN_KEY, unheard_of).await, Ok(Principal::Admin));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_asked_about_is_neither_admitted_nor_refused_for_good() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let mut admission = Admission::on(&ground, *plug).await;
        for credential in [issuer().token(some_user(), ""), format!("tp_{}", "a".repeat(43))] {
            let answer = admission.shown(&credential, Requirement::Open).await;
            assert!(matches!(answer, Err(Refusal::Unavailable(_))), "{plug:?} {answer:?}");
        }
        assert_eq!(admission.admit(None, Requirement::Open).await, Ok(Principal::Anonymous));
        assert_eq!(admission.shown(ADMIN_KEY, of_staff()).await, Ok(Principal::Admin));
    }
}
