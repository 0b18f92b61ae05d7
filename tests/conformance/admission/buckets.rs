//! Rate limits: who is counted with whom.

use super::port::exports::tradepost::gateway::admission::{Principal, Refusal, Requirement};
use super::{ADAPTERS, Admission, NOW, issuer, of_staff};
use crate::ground::Ground;
use std::time::Duration;
use tradepost_tests::credentials::{Issuer, api_key, claims, some_user};
use tradepost_tests::{ADMIN_KEY, HeldClock};

#[tokio::test(flavor = "multi_thread")]
async fn each_caller_has_a_bucket_of_his_own_and_guesses_have_another() {
    for plug in ADAPTERS {
        let clock = HeldClock::at(NOW);
        let ground = Ground::with_variables(&[("rate_limits", "default:q=10;w=60")]).await.by(clock.clone());
        Issuer::publish(&[&issuer()], &ground.store()).await;
        let mut admission = Admission::on(&ground, *plug).await;
        let token =
            |scopes: &str| issuer().key().sign(&claims(some_user(), scopes, NOW.as_secs().cast_signed()));
        let (ann, bob) = (token(""), token(""));
        let (_, key) = api_key(&ground.store(), "", false).await;
        let callers = [None, Some(&*ann), Some(&*bob), Some(&*key), Some("a-guess")];
        for round in 0..12 {
            for caller in callers {
                let authorization = caller.map(|credential| format!("Bearer {credential}"));
                let answer = admission.admit(authorization.as_deref(), Requirement::Open).await;
                match (answer, caller) {
                    (Err(Refusal::Throttled(seconds)), _) => assert_eq!((round >= 10, seconds), (true, 6)),
                    (Err(Refusal::Unauthenticated(_)), Some("a-guess")) | (Ok(_), _) => assert!(round < 10),
                    (answer, _) => panic!("{answer:?}"),
                }
            }
        }
        // The operator is not counted, and time gives everybody a token back.
        assert_eq!(admission.shown(ADMIN_KEY, of_staff()).await, Ok(Principal::Admin));
        clock.advance(Duration::from_secs(6));
        assert!(admission.shown(&ann, Requirement::Open).await.is_ok());
        let spent = admission.shown(&ann, Requirement::Open).await;
        assert!(matches!(spent, Err(Refusal::Throttled(_))), "{spent:?}");
    }
}
