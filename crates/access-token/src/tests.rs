//! What is believed, and what is not.

use ed25519_dalek::Signer as _;
use proptest::prelude::{any, proptest};
use serde_json::{Value, json};
use tradepost_ids::UserId;
use uuid::Uuid;

use super::{Claims, KeySet, LIFETIME_SECONDS, PublicKey, Rejection, SKEW_SECONDS, SigningKey, verify};
use crate::compact::{decode_exactly, encode};

const NOW: i64 = 1_800_000_000;
const SEED: [u8; 32] = [7; 32];

fn claims() -> Claims {
    Claims {
        user: UserId::from_uuid(Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8057)),
        session: Uuid::from_u128(2),
        id: Uuid::from_u128(3),
        scope: "orders:read stock:write".to_owned(),
        issued_at: NOW,
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(&SEED)
}

fn keys() -> KeySet {
    KeySet::of([key().public().clone()])
}

fn written() -> Value {
    json!({
        "iss": "tradepost", "aud": "tradepost", "sub": claims().user.to_string(), "sid": claims().session,
        "jti": claims().id, "iat": NOW, "nbf": NOW, "exp": NOW + LIFETIME_SECONDS, "scope": "",
    })
}

fn header() -> Value {
    json!({"alg": "EdDSA", "typ": "at+jwt", "kid": key().public().id()})
}

/// A token whose parts are these, truly signed.
fn signed(header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = ed25519_dalek::SigningKey::from_bytes(&SEED).sign(signed.as_bytes());
    format!("{signed}.{}", encode(signature.to_bytes()))
}

/// What becomes of a token that says `value` under `name` in its claims; `null` leaves the claim out.
fn with_claim(name: &str, value: Value) -> Result<Claims, Rejection> {
    let mut claims = written();
    let members = claims.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), value);
    }
    verify(&signed(&header().to_string(), &claims.to_string()), &keys(), NOW)
}

fn with_header(name: &str, value: Value) -> Result<Claims, Rejection> {
    let mut header = header();
    header[name] = value;
    verify(&signed(&header.to_string(), &written().to_string()), &keys(), NOW)
}

#[test]
fn what_was_signed_is_what_is_read() {
    assert_eq!(verify(&key().sign(&claims()), &keys(), NOW), Ok(claims()));
}

#[test]
fn the_key_of_the_specification_signs_as_it_says() {
    // RFC 8037, appendix A.1, A.2, A.3 and A.4.
    let seed = decode_exactly("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
    let key = SigningKey::from_seed(&seed);
    assert_eq!(encode(key.public().as_bytes()), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    assert_eq!(key.public().id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let signature = ed25519_dalek::SigningKey::from_bytes(&seed)
        .sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
    let expected = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(encode(signature.to_bytes()), expected);
}

#[test]
fn a_token_is_good_from_its_making_to_its_end_and_no_second_longer() {
    let token = key().sign(&claims());
    let at = |now| verify(&token, &keys(), now).map(|_| ());
    assert_eq!(at(NOW + LIFETIME_SECONDS - 1), Ok(()));
    assert_eq!(at(NOW + LIFETIME_SECONDS), Err(Rejection::Expired));
    assert_eq!(at(i64::MAX), Err(Rejection::Expired));
    assert_eq!(at(NOW - SKEW_SECONDS), Ok(()), "two clocks never agree");
    assert_eq!(at(NOW - SKEW_SECONDS - 1), Err(Rejection::NotYetValid));
    assert_eq!(at(i64::MIN), Err(Rejection::NotYetValid));
}

#[test]
fn no_other_algorithm_is_believed() {
    for algorithm in ["none", "None", "NONE", "", "HS256", "RS256", "ES256", "Ed25519", "eddsa", "EdDSA "] {
        assert_eq!(with_header("alg", json!(algorithm)), Err(Rejection::Algorithm), "{algorithm:?}");
    }
    let unsigned = format!(
        "{}.{}.",
        encode(r#"{"alg":"none","typ":"at+jwt","kid":"x"}"#),
        encode(written().to_string())
    );
    assert_eq!(verify(&unsigned, &keys(), NOW), Err(Rejection::Algorithm));
}

#[test]
fn no_other_type_is_believed() {
    for typ in ["JWT", "at+JWT", "application/at+jwt", "refresh", ""] {
        assert_eq!(with_header("typ", json!(typ)), Err(Rejection::Type), "{typ:?}");
    }
}

#[test]
fn a_header_that_brings_its_own_key_or_terms_is_not_read() {
    for (name, value) in [
        ("jwk", json!({"kty": "OKP"})),
        ("jku", json!("https://example.com/keys")),
        ("x5u", json!("https://example.com/keys")),
        ("x5c", json!(["MII"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("cty", json!("JWT")),
        ("kid", json!(["a", "b"])),
        ("kid", json!(null)),
    ] {
        assert_eq!(with_header(name, value), Err(Rejection::Malformed), "{name}");
    }
}

#[test]
fn a_key_that_is_not_in_the_set_verifies_nothing() {
    let stranger = SigningKey::from_seed(&[8; 32]);
    assert_eq!(verify(&stranger.sign(&claims()), &keys(), NOW), Err(Rejection::UnknownKey));
    assert_eq!(verify(&key().sign(&claims()), &KeySet::default(), NOW), Err(Rejection::UnknownKey));
    for kid in ["", "../../etc/passwd", "' OR '1'='1", stranger.public().id()] {
        assert_eq!(with_header("kid", json!(kid)), Err(Rejection::UnknownKey), "{kid:?}");
    }
    // Another's signature under the id of a key that is in the set.
    let token = stranger.sign(&claims());
    let ours = key().sign(&claims());
    let (signed, _) = ours.rsplit_once('.').unwrap();
    let (_, signature) = token.rsplit_once('.').unwrap();
    assert_eq!(verify(&format!("{signed}.{signature}"), &keys(), NOW), Err(Rejection::Signature));
}

#[test]
fn while_keys_overlap_each_verifies_its_own() {
    let (old, new) = (key(), SigningKey::from_seed(&[9; 32]));
    let keys = KeySet::of([new.public().clone(), old.public().clone()]);
    assert_eq!(verify(&old.sign(&claims()), &keys, NOW), Ok(claims()));
    assert_eq!(verify(&new.sign(&claims()), &keys, NOW), Ok(claims()));
}

#[test]
fn what_the_key_has_signed_for_others_is_not_believed() {
    assert_eq!(with_claim("iss", json!("someone")), Err(Rejection::Issuer));
    assert_eq!(with_claim("aud", json!("someone")), Err(Rejection::Audience));
    assert_eq!(with_claim("aud", json!(["tradepost"])), Err(Rejection::Malformed));
    assert_eq!(with_claim("sub", json!("order_01h455vb4pex5vsknk084sn02q")), Err(Rejection::Malformed));
    assert_eq!(with_claim("sub", json!("admin")), Err(Rejection::Malformed));
    assert_eq!(
        with_claim("exp", json!(NOW + LIFETIME_SECONDS + 1)),
        Err(Rejection::Malformed),
        "it lives too long"
    );
    assert_eq!(with_claim("exp", json!(i64::MAX)), Err(Rejection::Malformed));
    assert_eq!(with_claim("exp", json!(1e300)), Err(Rejection::Malformed));
    assert_eq!(with_claim("exp", json!("never")), Err(Rejection::Malformed));
    assert_eq!(with_claim("iat", json!(i64::MAX)), Err(Rejection::Malformed));
    assert_eq!(with_claim("admin", json!(true)), Err(Rejection::Malformed));
    for name in ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp", "scope"] {
        assert_eq!(with_claim(name, Value::Null), Err(Rejection::Malformed), "{name} is missing");
    }
}

#[test]
fn what_is_said_twice_is_not_believed() {
    let twice = written().to_string().replacen('{', r#"{"sub":"user_01h455vb4pex5vsknk084sn02q","#, 1);
    assert_eq!(verify(&signed(&header().to_string(), &twice), &keys(), NOW), Err(Rejection::Malformed));
    let twice = header().to_string().replacen('{', r#"{"alg":"none","#, 1);
    assert_eq!(verify(&signed(&twice, &written().to_string()), &keys(), NOW), Err(Rejection::Malformed));
}

#[test]
fn a_token_has_one_spelling() {
    let token = key().sign(&claims());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    // 64 bytes leave four bits of the last character unused, which must be zero.
    let last = signature.chars().last().unwrap();
    let other = char::from_u32(u32::from(last) + 1).unwrap();
    let trailing = format!("{signed}.{}{other}", &signature[..signature.len() - 1]);
    for spelled in [
        trailing,
        format!("{token}="),
        format!("{token}=="),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{signature}"),
        format!(" {token}"),
        format!("{token}\n"),
        token.replace('.', ".."),
        token.replacen('.', "", 1),
        format!("{signed}."),
        signed.to_owned(),
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "....".to_owned(),
        format!("{signed}.{}", "A".repeat(4_000)),
    ] {
        assert_eq!(verify(&spelled, &keys(), NOW), Err(Rejection::Malformed), "{spelled:?}");
    }
}

#[test]
fn a_key_set_is_read_as_it_was_written() {
    let keys = KeySet::of([key().public().clone(), SigningKey::from_seed(&[9; 32]).public().clone()]);
    assert_eq!(KeySet::parse(keys.to_json().as_bytes()).unwrap(), keys);
    let document: Value = serde_json::from_str(&keys.to_json()).unwrap();
    assert_eq!(document["keys"][0]["kty"], "OKP");
    assert_eq!(document["keys"][0]["use"], "sig");
    assert!(document["keys"][0].get("d").is_none(), "{document}");
}

#[test]
fn a_key_set_of_other_keys_is_refused() {
    let with = |name: &str, value: &str| {
        let mut document: Value = serde_json::from_str(&keys().to_json()).unwrap();
        document["keys"][0][name] = json!(value);
        KeySet::parse(document.to_string().as_bytes()).is_err()
    };
    assert!(with("kty", "RSA") && with("crv", "X25519") && with("alg", "none") && with("use", "enc"));
    assert!(with("kid", "another") && with("x", "AA") && with("x", ""));
    // A point of small order verifies what nobody has signed.
    assert!(PublicKey::from_bytes(&[0; 32]).is_none());
}

#[test]
fn a_key_does_not_show_its_seed() {
    let shown = format!("{:?}", key());
    assert!(!shown.contains("7, 7"), "{shown}");
}

proptest! {
    #[test]
    fn a_token_in_which_anything_was_changed_is_refused(at: usize, to in any::<u8>()) {
        let mut bytes = key().sign(&claims()).into_bytes();
        let at = at % bytes.len();
        let before = bytes[at];
        bytes[at] = to & 0x7f;
        let token = String::from_utf8(bytes.clone()).unwrap();
        assert_eq!(verify(&token, &keys(), NOW).is_ok(), bytes[at] == before);
    }

    #[test]
    fn nothing_that_is_shown_makes_it_panic(token in "\\PC{0,200}", now: i64) {
        assert!(verify(&token, &keys(), now).is_err());
    }

    #[test]
    fn no_claims_that_the_key_has_signed_make_it_panic(claims in "\\PC{0,200}", now: i64) {
        assert!(verify(&signed(&header().to_string(), &claims), &keys(), now).is_err());
    }
}
