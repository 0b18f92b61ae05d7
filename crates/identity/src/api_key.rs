//! API keys: what they look like, and what it takes to make one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tradepost_access::Scopes;
use tradepost_ids::KeyId;
use tradepost_input::{Faults, read};
use tradepost_timestamp::Timestamp;

use crate::changes::read_scopes;
use crate::user::as_list;

/// What every API key begins with, so that whoever finds one knows what it is: secret scanners look for such marks.
const PREFIX: &str = "tp_";

/// The greatest length of a key's name, in Unicode scalar values.
const MOST_NAME_CHARS: usize = 100;

/// How a key is made that is to be the same when the request for it is repeated, though nothing that is kept tells what it
/// is: it follows from salt, which is kept, and from the credential of who asks, which is not (HMAC-SHA-256, RFC 2104).
pub struct ApiKeyRecipe {
    salt: [u8; 32],
}

impl ApiKeyRecipe {
    /// Of fresh random bits.
    pub const fn of(salt: [u8; 32]) -> Self {
        Self { salt }
    }

    /// The key that follows for whoever has shown this.
    pub fn key(&self, credential: &[u8]) -> String {
        // HMAC's key is a block, filled up with zeros.
        let mut block = [0; 64];
        block[..32].copy_from_slice(&Sha256::digest(credential));
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(b"tradepost API key\0");
        mac.update(&self.salt);
        api_key_text(&mac.finalize().into_bytes().into())
    }

    /// What may be kept where the answer has the key.
    pub fn kept(&self, key: &str) -> String {
        format!("{}.{}", base64url(&self.salt), base64url(&Sha256::digest(key).into()))
    }

    /// The key of which this was kept; `None` for who shows another credential than he did when he asked for it.
    pub fn key_kept_as(kept: &str, credential: &[u8]) -> Option<String> {
        let (salt, _) = kept.split_once('.')?;
        let recipe = Self::of(URL_SAFE_NO_PAD.decode(salt).ok()?.try_into().ok()?);
        let key = recipe.key(credential);
        (recipe.kept(&key) == kept).then_some(key)
    }
}

/// The text of the key that consists of these 256 random bits.
pub fn api_key_text(bits: &[u8; 32]) -> String {
    format!("{PREFIX}{}", base64url(bits))
}

/// These bits in base64url without padding (RFC 4648, section 5).
pub(crate) fn base64url(bits: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(bits)
}

/// What it takes to make a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NewApiKey {
    /// By what people recognise it: 1 to 100 characters on one line, trimmed.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100), regex(pattern = tradepost_input::LINE_PATTERN)))]
    pub name: String,
    /// What it may do.
    #[cfg_attr(feature = "schema", schemars(with = "crate::ScopeNames"))]
    pub scopes: Scopes,
}

impl NewApiKey {
    /// Reads the body of `POST /api-keys`: `{name, scopes}`.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        read(body, |key| {
            let name = key.required("name", |name| name.line(MOST_NAME_CHARS));
            let scopes = key.required("scopes", read_scopes);
            Ok(Self { name: name?.to_owned(), scopes: scopes? })
        })
    }
}

/// A key as clients see one after it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ApiKey {
    /// The key's id, by which it is revoked.
    pub id: KeyId,
    /// By what people recognise it.
    pub name: String,
    /// What it may do.
    #[serde(serialize_with = "as_list")]
    #[cfg_attr(feature = "schema", schemars(with = "crate::ScopeNames"))]
    pub scopes: Scopes,
    /// Who made it: `admin` or a user's id.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::{ApiKeyRecipe, NewApiKey, api_key_text};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn a_key_is_its_bits_in_base64url() {
        assert_eq!(api_key_text(&[0; 32]), format!("tp_{}", "A".repeat(43)));
        assert_eq!(api_key_text(&[0xff; 32]), format!("tp_{}8", "_".repeat(42)));
        let counted: [u8; 32] = std::array::from_fn(|n| u8::try_from(n).unwrap());
        assert_eq!(api_key_text(&counted), "tp_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
    }

    #[test]
    fn a_key_is_made_again_for_the_same_credential_alone() {
        let recipe = ApiKeyRecipe::of([7; 32]);
        let key = recipe.key(b"Bearer one");
        let kept = recipe.kept(&key);
        assert!(!kept.contains(&key["tp_".len()..]), "{kept}");
        assert_eq!(ApiKeyRecipe::key_kept_as(&kept, b"Bearer one"), Some(key));
        assert_eq!(ApiKeyRecipe::key_kept_as(&kept, b"Bearer two"), None);
        for other in ["", ".", "x", "AAAA.AAAA", &kept[1..], &kept.replace('.', "")] {
            assert_eq!(ApiKeyRecipe::key_kept_as(other, b"Bearer one"), None, "{other}");
        }
        assert_ne!(ApiKeyRecipe::of([8; 32]).key(b"Bearer one"), recipe.key(b"Bearer one"));
    }

    #[test]
    fn what_is_wrong_with_a_new_key_is_said_all_at_once() {
        let faults =
            NewApiKey::read(&json!({"name": " ", "scopes": ["orders:read", "x"], "key": "tp_"})).unwrap_err();
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(found, [("/name", "required"), ("/scopes/1", "invalid"), ("/key", "unknown_field")]);
        assert!(NewApiKey::read(&json!({"name": "n"})).is_err(), "what it may do has to be said");
        assert!(NewApiKey::read(&json!({"name": "n", "scopes": []})).is_ok(), "it may be nothing");
    }

    proptest! {
        #[test]
        fn two_keys_have_two_texts(one in any::<[u8; 32]>(), other in any::<[u8; 32]>()) {
            prop_assert_eq!(one == other, api_key_text(&one) == api_key_text(&other));
            prop_assert_eq!(api_key_text(&one).len(), 46);
        }
    }
}
