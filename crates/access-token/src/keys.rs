//! The keys: one that signs, and a set of those that verify, as RFC 7517 writes it.

use std::fmt;

use ed25519_dalek::{Signer as _, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::claims::Written;
use crate::compact::{ALGORITHM, Header, TYPE, decode_exactly, encode};
use crate::{AUDIENCE, Claims, ISSUER};

/// What signs tokens. It never shows its seed.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    public: PublicKey,
}

impl SigningKey {
    /// The key that a seed of 32 random bytes stands for (RFC 8032, section 5.1.5).
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let public = PublicKey::of(key.verifying_key());
        Self { key, public }
    }

    /// What verifies what it signs.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The token that says this.
    pub fn sign(&self, claims: &Claims) -> String {
        let header = Header { alg: ALGORITHM, typ: TYPE, kid: self.public.id() };
        let subject = claims.user.to_string();
        let written = Written {
            iss: ISSUER,
            aud: AUDIENCE,
            sub: &subject,
            sid: claims.session,
            jti: claims.id,
            iat: claims.issued_at,
            nbf: claims.issued_at,
            exp: claims.expires_at(),
            scope: &claims.scope,
        };
        // Texts and numbers under fixed names: there is nothing about them that could fail to be written.
        let part = |json: serde_json::Result<Vec<u8>>| encode(json.unwrap_or_default());
        let signed = format!("{}.{}", part(serde_json::to_vec(&header)), part(serde_json::to_vec(&written)));
        let signature = self.key.sign(signed.as_bytes()).to_bytes();
        format!("{signed}.{}", encode(signature))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.public.id).finish_non_exhaustive()
    }
}

/// What verifies the tokens of one signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    id: String,
    pub(crate) key: VerifyingKey,
}

impl PublicKey {
    fn of(key: VerifyingKey) -> Self {
        // RFC 7638 and RFC 8037, appendix A.3: the members that make the key what it is, in the order of their names.
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(key.as_bytes()));
        Self { id: encode(Sha256::digest(members)), key }
    }

    /// The key of these 32 bytes (RFC 8032, section 5.1.2); `None` when they are the key of nobody.
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let key = VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak())?;
        Some(Self::of(key))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// Its id, the `kid` of the tokens that it verifies: the thumbprint of the key (RFC 7638).
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// The keys that verify: a JWK Set (RFC 7517, section 5), the document at `/.well-known/jwks.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySet {
    keys: Vec<PublicKey>,
}

/// Why a text is not the key set of this product.
#[derive(Debug, thiserror::Error)]
pub enum MalformedKeySet {
    /// It is no JSON of that shape.
    #[error("the key set has not the shape of one: {0}")]
    Shape(#[from] serde_json::Error),
    /// A key is not an Ed25519 key for signatures, or is not under its own thumbprint.
    #[error("the key {0:?} is not an Ed25519 key under its thumbprint")]
    Key(String),
}

#[derive(Serialize, Deserialize)]
struct WrittenSet {
    keys: Vec<WrittenKey>,
}

#[derive(Serialize, Deserialize)]
struct WrittenKey {
    kty: String,
    crv: String,
    alg: String,
    #[serde(rename = "use")]
    usage: String,
    kid: String,
    x: String,
}

impl KeySet {
    /// The set of these keys.
    pub fn of(keys: impl IntoIterator<Item = PublicKey>) -> Self {
        Self { keys: keys.into_iter().collect() }
    }

    /// Reads a key set that [`KeySet::to_json`] wrote.
    pub fn parse(json: &[u8]) -> Result<Self, MalformedKeySet> {
        let written: WrittenSet = serde_json::from_slice(json)?;
        let keys = written.keys.into_iter().map(|written| {
            let key = decode_exactly(&written.x).and_then(|bytes| PublicKey::from_bytes(&bytes));
            let of_ours =
                (written.kty.as_str(), written.crv.as_str(), written.alg.as_str(), written.usage.as_str())
                    == ("OKP", "Ed25519", ALGORITHM, "sig");
            key.filter(|key| of_ours && key.id == written.kid).ok_or(MalformedKeySet::Key(written.kid))
        });
        Ok(Self { keys: keys.collect::<Result<_, _>>()? })
    }

    /// The document.
    pub fn to_json(&self) -> String {
        let keys = self.keys.iter().map(|key| WrittenKey {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            alg: ALGORITHM.to_owned(),
            usage: "sig".to_owned(),
            kid: key.id.clone(),
            x: encode(key.as_bytes()),
        });
        // Texts under fixed names: there is nothing about them that could fail to be written.
        serde_json::to_string(&WrittenSet { keys: keys.collect() }).unwrap_or_default()
    }

    /// The key of this id.
    pub fn get(&self, id: &str) -> Option<&PublicKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// All of them.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }
}
