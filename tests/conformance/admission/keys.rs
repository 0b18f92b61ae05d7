//! What comes and goes while an instance lives: signing keys and API keys.

use super::port::exports::tradepost::gateway::admission::{Principal, Requirement};
use super::{ADAPTERS, Admission, NOW, believing, is_unauthenticated, issuer, of_staff};
use crate::ground::Ground;
use std::time::Duration;
use tradepost_tests::HeldClock;
use tradepost_tests::credentials::{Issuer, api_key, claims, some_user, unix_seconds};

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_and_go_without_a_restart() {
    for plug in ADAPTERS {
        let clock = HeldClock::at(NOW);
        let ground = Ground::with_variables(&[]).await.by(clock.clone());
        let mut admission = Admission::on(&ground, *plug).await;
        let (first, second) = (issuer(), Issuer::numbered(9));
        let token =
            |issuer: &Issuer| issuer.key().sign(&claims(some_user(), "", NOW.as_secs().cast_signed()));
        let (firsts, seconds) = (token(&first), token(&second));
        assert!(is_unauthenticated(&admission.shown(&firsts, Requirement::Open).await), "none yet: {plug:?}");
        // A key that was not known is looked for again after a second.
        Issuer::publish(&[&first], &ground.store()).await;
        clock.advance(Duration::from_secs(2));
        assert!(admission.shown(&firsts, Requirement::Open).await.is_ok(), "{plug:?}");
        Issuer::publish(&[&first, &second], &ground.store()).await;
        clock.advance(Duration::from_secs(2));
        for token in [&firsts, &seconds] {
            assert!(admission.shown(token, Requirement::Open).await.is_ok(), "{plug:?}");
        }
        // One that is taken back verifies nothing after a minute, what it had verified included.
        Issuer::publish(&[&second], &ground.store()).await;
        clock.advance(Duration::from_mins(1) + Duration::from_secs(1));
        assert!(is_unauthenticated(&admission.shown(&firsts, Requirement::Open).await), "{plug:?}");
        assert!(admission.shown(&seconds, Requirement::Open).await.is_ok(), "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_is_good_until_it_is_revoked_and_its_use_is_noted() {
    for plug in ADAPTERS {
        let (ground, mut admission) = believing(*plug, &[]).await;
        let store = ground.store();
        let (id, key) = api_key(&store, "orders:read", false).await;
        for requirement in [of_staff(), Requirement::Identified, Requirement::Open] {
            let Ok(Principal::ApiKey(admitted)) = admission.shown(&key, requirement).await else {
                panic!("{plug:?}")
            };
            assert_eq!((admitted.id, admitted.scopes), (id.to_string(), "orders:read".to_owned()));
        }
        let noted = store.get(&format!("api-key-use:{id}")).unwrap().unwrap();
        let noted: i64 = String::from_utf8(noted).unwrap().parse().unwrap();
        assert!((unix_seconds() - noted / 1_000_000).abs() < 60, "{noted}");
        let (_, revoked) = api_key(&store, "orders:read", true).await;
        let unknown = format!("tp_{}", "a".repeat(43));
        let malformed = format!("tp_{}", "a".repeat(44));
        for key in [revoked, unknown, malformed, key.to_uppercase(), format!("{key}a"), "tp_".to_owned()] {
            let answer = admission.shown(&key, Requirement::Open).await;
            assert!(is_unauthenticated(&answer), "{plug:?} {key}: {answer:?}");
        }
    }
}
