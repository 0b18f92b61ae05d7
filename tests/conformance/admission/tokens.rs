//! Access tokens: the good, the forged and the ended.

use super::port::exports::tradepost::gateway::admission::{Principal, Refusal, Requirement};
use super::{ADAPTERS, Admission, NOW, SEED, believing, is_unauthenticated, issuer, of_staff};
use crate::ground::Ground;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};
use std::time::Duration;
use tradepost_tests::HeldClock;
use tradepost_tests::credentials::{Issuer, claims, some_user, unix_seconds};

#[tokio::test(flavor = "multi_thread")]
async fn a_token_makes_its_user_with_his_scopes_and_session() {
    for plug in ADAPTERS {
        let (_ground, mut admission) = believing(*plug, &[&issuer()]).await;
        let claims = claims(some_user(), "stock:read orders:read", unix_seconds());
        let token = issuer().key().sign(&claims);
        // The second time it is remembered.
        for _ in 0..2 {
            for requirement in [of_staff(), Requirement::Identified, Requirement::Open] {
                let Ok(Principal::User(user)) = admission.shown(&token, requirement).await else {
                    panic!("{plug:?}")
                };
                assert_eq!(user.id, claims.user.to_string());
                assert_eq!(user.scopes, "stock:read orders:read");
                assert_eq!(user.session, Some(claims.session.to_string()));
            }
        }
    }
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token of this header and these claims that [`issuer`] has truly signed.
fn signed(header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
    let signature = ed25519_dalek::SigningKey::from_bytes(&[SEED; 32]).sign(signed.as_bytes());
    format!("{signed}.{}", encoded(signature.to_bytes()))
}

/// Every token that must not be believed, with what is wrong with it.
fn forged() -> Vec<(&'static str, String)> {
    let now = unix_seconds();
    let kid = issuer().key().public().id().to_owned();
    let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": kid});
    let said = json!({"iss": "tradepost", "aud": "tradepost", "sub": some_user().to_string(),
        "sid": "01890a5d-ac96-774b-bcce-b302099a8057", "jti": "01890a5d-ac96-774b-bcce-b302099a8058",
        "iat": now, "nbf": now, "exp": now + 900, "scope": ""});
    let with = |value: &Value, name: &str, other: Value| {
        let mut value = value.clone();
        value[name] = other;
        value
    };
    let good = signed(&header, &said);
    let parts: Vec<&str> = good.split('.').collect();
    let mut forged = vec![
        ("no algorithm", signed(&with(&header, "alg", json!("none")), &said)),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("neither", format!("{}.{}.", encoded(r#"{"alg":"none","typ":"at+jwt"}"#), parts[1])),
        ("a secret that is no secret", signed(&with(&header, "alg", json!("HS256")), &said)),
        ("an identity token", signed(&with(&header, "typ", json!("JWT")), &said)),
        ("a key that nobody has", signed(&with(&header, "kid", json!("nobody")), &said)),
        ("somebody else's key", Issuer::numbered(8).token(some_user(), "")),
        ("somebody else's audience", signed(&header, &with(&said, "aud", json!("another")))),
        ("somebody else's issuer", signed(&header, &with(&said, "iss", json!("another")))),
        ("expired", issuer().key().sign(&claims(some_user(), "", now - 901))),
        ("expired this second", issuer().key().sign(&claims(some_user(), "", now - 900))),
        ("not valid yet", issuer().key().sign(&claims(some_user(), "", now + 60))),
        ("good for ever", signed(&header, &with(&said, "exp", json!(now + 1_000_000)))),
        (
            "more claims",
            format!(
                "{}.{}.{}",
                parts[0],
                encoded(with(&said, "scope", json!("operations")).to_string().as_bytes()),
                parts[2]
            ),
        ),
        ("one part too many", format!("{good}.{}", parts[2])),
        ("one part too few", format!("{}.{}", parts[0], parts[1])),
        ("padding", format!("{good}=")),
        ("nothing but dots", "..".to_owned()),
        ("very long", format!("{}.{}.{}", parts[0], "A".repeat(100_000), parts[2])),
        ("a refresh token", encoded([1; 32])),
    ];
    assert_eq!(parts.len(), 3);
    // The last character of 86 has two bits that mean nothing.
    let last = good.as_bytes()[good.len() - 1];
    let another = if last == b'A' { 'B' } else { 'A' };
    forged.push(("another signature", format!("{}{another}", &good[..good.len() - 1])));
    forged
}

#[tokio::test(flavor = "multi_thread")]
async fn no_forged_token_is_believed_and_none_is_repeated() {
    for plug in ADAPTERS {
        let (_ground, mut admission) = believing(*plug, &[&issuer()]).await;
        let good = issuer().token(some_user(), "");
        for (fault, token) in forged() {
            for requirement in [of_staff(), Requirement::Identified, Requirement::Open] {
                let answer = admission.shown(&token, requirement).await;
                let Err(Refusal::Unauthenticated(reason)) = answer else {
                    panic!("{plug:?} {fault}: {answer:?}")
                };
                assert!(!reason.is_empty() && !reason.contains(&token), "{fault}: {reason}");
            }
            assert!(admission.shown(&good, Requirement::Open).await.is_ok(), "{plug:?} after {fault}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_remembered_expires_and_ends_with_its_session_all_the_same() {
    for plug in ADAPTERS {
        let start = NOW;
        let clock = HeldClock::at(start);
        let ground = Ground::with_variables(&[]).await.by(clock.clone());
        Issuer::publish(&[&issuer()], &ground.store()).await;
        let mut admission = Admission::on(&ground, *plug).await;
        let (lasting, ending) = (
            claims(some_user(), "", NOW.as_secs().cast_signed()),
            claims(some_user(), "", NOW.as_secs().cast_signed()),
        );
        let (token, ended) = (issuer().key().sign(&lasting), issuer().key().sign(&ending));
        for token in [&token, &ended] {
            assert!(admission.shown(token, Requirement::Open).await.is_ok(), "{plug:?}");
        }
        ground.store().set(&format!("session:{}:ended", ending.session), b"1".to_vec()).await.unwrap();
        assert!(is_unauthenticated(&admission.shown(&ended, Requirement::Open).await), "{plug:?}");
        clock.advance(Duration::from_secs(899));
        assert!(admission.shown(&token, Requirement::Open).await.is_ok(), "{plug:?}");
        clock.advance(Duration::from_secs(1));
        for _ in 0..2 {
            assert!(is_unauthenticated(&admission.shown(&token, Requirement::Open).await), "{plug:?}");
        }
    }
}
