//! What is verified, and what is not.

use proptest::prelude::*;

use crate::{Refusal, TOLERANCE_SECONDS, sign, verify};

const NOW: i64 = 1_766_404_800;

/// Made with `printf '1766404800.{"a":1}' | openssl dgst -sha256 -hmac whsec_test`.
const SIGNED: &str = "t=1766404800,v1=4cbd429a53da904b1439d09cf68868341f41f8d8e17f6648ea3a626db6a4b7aa";

#[test]
fn a_signature_is_the_one_that_others_make() {
    assert_eq!(sign("whsec_test", NOW, br#"{"a":1}"#), SIGNED);
    assert_eq!(verify("whsec_test", SIGNED, br#"{"a":1}"#, NOW), Ok(()));
}

#[test]
fn a_message_is_good_for_the_tolerance_either_way() {
    let header = sign("secret", NOW, b"body");
    for (seconds, expected) in [
        (0, Ok(())),
        (TOLERANCE_SECONDS, Ok(())),
        (-TOLERANCE_SECONDS, Ok(())),
        (TOLERANCE_SECONDS + 1, Err(Refusal::Stale)),
        (-TOLERANCE_SECONDS - 1, Err(Refusal::Stale)),
    ] {
        assert_eq!(verify("secret", &header, b"body", NOW + seconds), expected, "{seconds}");
    }
}

#[test]
fn only_who_knows_the_secret_signs() {
    let header = sign("secret", NOW, b"body");
    let (_, signature) = header.split_once(",v1=").unwrap();
    let other = sign("another", NOW, b"body");
    let (_, others) = other.split_once(",v1=").unwrap();
    for (header, body, expected) in [
        (header.clone(), "body", Ok(())),
        (header.to_uppercase().replace("T=", "t=").replace("V1=", "v1="), "body", Ok(())),
        (header.clone(), "body ", Err(Refusal::Mismatch)),
        (header.clone(), "", Err(Refusal::Mismatch)),
        (format!("t={},v1={signature}", NOW + 1), "body", Err(Refusal::Mismatch)),
        (other.clone(), "body", Err(Refusal::Mismatch)),
        // While the secret is changed.
        (format!("t={NOW},v1={others},v1={signature}"), "body", Ok(())),
        (format!("t={NOW}, v0=x, v1={signature}"), "body", Ok(())),
        (format!("t=+{NOW},v1={signature}"), "body", Err(Refusal::Mismatch)),
    ] {
        assert_eq!(verify("secret", &header, body.as_bytes(), NOW), expected, "{header} {body}");
    }
}

#[test]
fn what_has_another_form_is_refused() {
    let short = &"0".repeat(63);
    for header in [
        "",
        "t=1766404800",
        "v1=00",
        "t=now,v1=00",
        "t=,v1=",
        &format!("t=1766404800,v1={short}"),
        &format!("t=1766404800,v1={short}g"),
        &format!("t=1766404800,t=1766404800,v1={short}0"),
        &format!("t=99999999999999999999,v1={short}0"),
        &format!("{}{}", "x=1,".repeat(256), sign("secret", NOW, b"body")),
    ] {
        assert_eq!(verify("secret", header, b"body", NOW), Err(Refusal::Malformed), "{header}");
    }
}

#[test]
fn without_a_secret_nothing_is_verified() {
    assert_eq!(verify("", &sign("", NOW, b"body"), b"body", NOW), Err(Refusal::NoSecret));
}

proptest! {
    #[test]
    fn whatever_is_signed_is_verified_and_nothing_else_is(
        secret in ".{1,80}", body: Vec<u8>, other: Vec<u8>, header: String, time: i64
    ) {
        let signed = sign(&secret, time, &body);
        prop_assert_eq!(verify(&secret, &signed, &body, time), Ok(()));
        prop_assert!(body == other || verify(&secret, &signed, &other, time) == Err(Refusal::Mismatch));
        prop_assert!(verify(&secret, &header, &body, time).is_err());
    }
}
