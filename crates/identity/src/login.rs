//! Logging in: what is sent, and the tokens that a session lives by.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tradepost_input::{Faults, Field, Invalid, code, read};
use uuid::{Builder, Uuid};

use crate::{EmailAddress, ShownPassword};

/// How long a session can live, however often it is refreshed.
pub const SESSION_LIFETIME: Duration = Duration::from_hours(30 * 24);

/// What somebody shows to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Whose account it is to be.
    pub email: EmailAddress,
    /// What is said to be its password.
    pub password: ShownPassword,
}

impl Login {
    /// Reads the body of `POST /sessions`: `{email, password}`.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        read(body, |login| {
            let email = login.required("email", Field::parse);
            let password = login.required("password", Field::parse);
            Ok(Self { email: email?, password: password? })
        })
    }
}

/// What is exchanged for new tokens when an access token has expired: opaque, and good once.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(String);

impl RefreshToken {
    /// What each begins with, so that one that is found somewhere it should not be is known for what it is.
    const PREFIX: &str = "tr_";

    /// No token of ours is longer.
    const MOST_CHARS: usize = 256;

    /// The token that 32 random bytes make.
    pub fn of(random: [u8; 32]) -> Self {
        Self(format!("{}{}", Self::PREFIX, URL_SAFE_NO_PAD.encode(random)))
    }

    /// The token that this one is exchanged for by a request with this idempotency key. Whoever has not heard the answer
    /// makes the same request again and gets the same token, and nothing that could be read is kept for it: it follows
    /// from what only the bearer has (HMAC-SHA-256, RFC 2104).
    #[must_use]
    pub fn following(&self, idempotency_key: &str) -> Self {
        // A digest has a key's length. It is not the one that is kept, which this could be found out from.
        let mut secret = Sha256::new();
        secret.update(b"tradepost refresh token that follows\0");
        secret.update(self.0.as_bytes());
        // HMAC's key is a block, filled up with zeros.
        let mut key = [0; 64];
        for (byte, of_secret) in key.iter_mut().zip(secret.finalize()) {
            *byte = of_secret;
        }
        let mut following = Hmac::<Sha256>::new(&key.into());
        following.update(idempotency_key.as_bytes());
        Self::of(following.finalize().into_bytes().into())
    }

    /// The token, and the id of the session, of whoever logs in with this e-mail key by a request with this idempotency key.
    /// Making the same request again finds the same session, and nothing that could be read is kept for it: it follows
    /// from what only the service has, the seed of a signing key. A key whose time was over at `since`, in microseconds
    /// since 1970-01-01T00:00:00Z, stands for another session; at first that is 0.
    pub fn of_log_in(seed: &[u8; 32], email_key: &str, idempotency_key: &str, since: i64) -> (Uuid, Self) {
        let derived = |what: &str| {
            let mut key = [0; 64];
            key[..32].copy_from_slice(seed);
            let mut derived = Hmac::<Sha256>::new(&key.into());
            for part in ["tradepost log-in", what, email_key, idempotency_key] {
                derived.update(&(part.len() as u64).to_be_bytes());
                derived.update(part.as_bytes());
            }
            derived.update(&since.to_be_bytes());
            <[u8; 32]>::from(derived.finalize().into_bytes())
        };
        (uuid_of(&derived("session")), Self::of(derived("refresh token")))
    }

    /// The id of the access token that comes with this one (`jti`): the same whenever the same answer is given.
    pub fn access_token_id(&self) -> Uuid {
        let id = Sha256::new().chain_update(b"tradepost access token\0").chain_update(self.0.as_bytes());
        uuid_of(&id.finalize().into())
    }

    /// Reads the body of `POST /sessions/refresh`: `{refresh_token}`. One that was never given to anybody is as good as
    /// one that has expired, so its form is not looked at.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        read(body, |refresh| {
            refresh.required("refresh_token", |field| {
                field.parse_with(|text| {
                    if text.chars().count() > Self::MOST_CHARS {
                        return Err(Invalid::new(
                            code::TOO_LONG,
                            "Refresh token must have at most 256 characters",
                        ));
                    }
                    Ok(Self(text.to_owned()))
                })
            })
        })
    }

    /// What is kept of it. Its 256 random bits need no salt and no slow hash.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// The token, for its bearer.
    pub fn into_secret(self) -> String {
        self.0
    }
}

/// A UUID of the first bits (version 8, RFC 9562, section 5.8).
fn uuid_of(bits: &[u8; 32]) -> Uuid {
    let [bytes @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *bits;
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// A token is in no log.
impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Login, RefreshToken};
    use serde_json::json;

    #[test]
    fn a_login_has_an_address_and_a_password_and_nothing_else() {
        let login = Login::read(&json!({"email": "Ada@example.com", "password": "x"})).unwrap();
        assert_eq!(
            (login.email.key(), login.password.clone().into_secret()),
            ("ada@example.com".into(), "x".into())
        );
        let faults = Login::read(&json!({"email": "nope", "otp": "1"})).unwrap_err();
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/email", "/password", "/otp"]);
    }

    #[test]
    fn a_refresh_token_is_opaque_and_known_by_its_digest() {
        let token = RefreshToken::of([7; 32]);
        let other = RefreshToken::of([8; 32]);
        assert_ne!(token.digest(), other.digest());
        let text = token.clone().into_secret();
        assert!(text.starts_with("tr_") && text.len() == 46, "{text}");
        assert!(!format!("{token:?}").contains(&text[3..]));
        let read = RefreshToken::read(&json!({"refresh_token": text})).unwrap();
        assert_eq!(read.digest(), token.digest());
        assert!(RefreshToken::read(&json!({"refresh_token": "x".repeat(257)})).is_err());
        assert!(RefreshToken::read(&json!({})).is_err());
    }

    #[test]
    fn the_same_key_leads_from_a_token_to_the_same_one_and_another_to_another() {
        let token = RefreshToken::of([7; 32]);
        assert_eq!(token.following("a").digest(), token.following("a").digest());
        let others = [
            token.following("b"),
            token.following(""),
            RefreshToken::of([8; 32]).following("a"),
            token.clone(),
        ];
        for other in others {
            assert_ne!(token.following("a").digest(), other.digest());
        }
        let text = token.following("a").into_secret();
        assert!(text.starts_with("tr_") && text.len() == 46, "{text}");
    }
}
