//! Credentials as clients have them, made by what the product itself makes and verifies them with.

use crate::application::Application;
use std::time::{SystemTime, UNIX_EPOCH};
use tradepost_access_token::{Claims, KeySet, SigningKey};
use tradepost_ids::{KeyId, UserId};
use tradepost_key_value::Store;
use uuid::Uuid;

/// Whoever signs access tokens.
pub struct Issuer {
    key: SigningKey,
}

impl Issuer {
    /// One whose key follows from `number`.
    pub fn numbered(number: u8) -> Self {
        Self { key: SigningKey::from_seed(&[number; 32]) }
    }

    /// The product's own, whose key is made if there is none yet.
    pub async fn of(app: &Application) -> Self {
        assert_eq!(app.send_to("identity-key-rotation", "first-key").await, Some(200));
        let newest = "SELECT seed FROM identity.signing_keys ORDER BY signs_from DESC LIMIT 1";
        let row = app.database().connect().await.query_one(newest, &[]).await.unwrap();
        let seed: &[u8] = row.get("seed");
        Self { key: SigningKey::from_seed(seed.try_into().unwrap()) }
    }

    /// What signs.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Has the gateway believe these issuers, and no others; until the product makes a key of its own.
    pub async fn publish(issuers: &[&Self], views: &Store) {
        let keys = KeySet::of(issuers.iter().map(|issuer| issuer.key.public().clone()));
        views.set("identity:signing-keys", keys.to_json().into_bytes()).await.unwrap();
    }

    /// A token of this user's that is good from now on.
    pub fn token(&self, user: UserId, scopes: &str) -> String {
        self.key.sign(&claims(user, scopes, unix_seconds()))
    }
}

/// What a token says that is issued at this time, in seconds since 1970-01-01T00:00:00Z.
pub fn claims(user: UserId, scopes: &str, issued_at: i64) -> Claims {
    Claims { user, session: Uuid::now_v7(), id: Uuid::now_v7(), scope: scopes.to_owned(), issued_at }
}

/// A user whom nobody knows.
pub fn some_user() -> UserId {
    UserId::from_uuid(Uuid::now_v7())
}

/// An API key that the gateway knows from now on.
pub async fn api_key(views: &Store, scopes: &str, revoked: bool) -> (KeyId, String) {
    let id = KeyId::from_uuid(Uuid::now_v7());
    // 43 characters of which nobody would guess one; that they are not base64url of random bytes is not asked.
    let secret = format!("{}{}", Uuid::new_v4().simple(), &Uuid::new_v4().simple().to_string()[..11]);
    let key = format!("tp_{secret}");
    let entry = serde_json::json!({"id": id.to_string(), "scopes": scopes});
    let name = format!("api-key:{}", sha256_hex(&key));
    views.set(&name, entry.to_string().into_bytes()).await.unwrap();
    if revoked {
        views.set(&format!("{name}:revoked"), Vec::new()).await.unwrap();
    }
    (id, key)
}

fn sha256_hex(text: &str) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(text))
}

/// The machine's time, in seconds since 1970-01-01T00:00:00Z.
pub fn unix_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed()
}
