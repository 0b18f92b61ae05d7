//! What is stored, and under which keys.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tradepost_kept_store::{self as store, Failure};

use crate::ports::exports::tradepost::identity::user_directory::{
    IdempotencyScope, KeptAnswer, ReplayedAnswer, User,
};

/// What is stored of a user.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Record {
    name: String,
    email: String,
    pub(crate) email_key: String,
    created_at_micros: i64,
    verified_at_micros: Option<i64>,
    scopes: String,
    pub(crate) version: u64,
    pub(crate) erased: bool,
    /// The keys of the kept answers that show the user.
    pub(crate) answers: Vec<String>,
}

impl Record {
    /// The user with this id, erased or not.
    pub(crate) async fn kept(id: &str) -> Result<Option<Self>, Failure> {
        read(&user_key(id)).await
    }

    /// The user with this id, unless he is erased.
    pub(crate) async fn of(id: &str) -> Result<Option<Self>, Failure> {
        Ok(Self::kept(id).await?.filter(|record| !record.erased))
    }

    pub(crate) fn from_user(user: User, email_key: String) -> Self {
        Self {
            name: user.name,
            email: user.email,
            email_key,
            created_at_micros: user.created_at,
            verified_at_micros: user.verified_at,
            scopes: user.scopes,
            version: user.version,
            erased: false,
            answers: Vec::new(),
        }
    }

    pub(crate) fn erased(version: u64) -> Self {
        Self { version, erased: true, ..Self::default() }
    }

    pub(crate) fn into_user(self, id: String) -> User {
        User {
            id,
            name: self.name,
            email: self.email,
            created_at: self.created_at_micros,
            verified_at: self.verified_at_micros,
            scopes: self.scopes,
            version: self.version,
        }
    }

    pub(crate) async fn put(&self, id: &str) -> Result<(), Failure> {
        write(&user_key(id), self).await
    }
}

/// An answer that is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    fingerprint: Vec<u8>,
    status: u16,
    location: Option<String>,
    body: Vec<u8>,
    expires_at_micros: i64,
}

impl From<KeptAnswer> for Answer {
    fn from(answer: KeptAnswer) -> Self {
        Self {
            fingerprint: answer.fingerprint,
            status: answer.status,
            location: answer.location,
            body: answer.body,
            expires_at_micros: answer.expires_at,
        }
    }
}

impl Answer {
    /// The answer that is kept under this key of a client's, unless it has expired.
    pub(crate) async fn under(scope: &IdempotencyScope) -> Result<Option<Self>, Failure> {
        let kept: Option<Self> = read(&answer_key(scope)).await?;
        Ok(kept.filter(|answer| answer.expires_at_micros > tradepost_chance::now().as_micros()))
    }

    pub(crate) async fn put(&self, key: &str) -> Result<(), Failure> {
        write(key, self).await
    }

    /// The answer, if it was given to this fingerprint.
    pub(crate) fn replayed(self, fingerprint: &[u8]) -> Option<ReplayedAnswer> {
        let Self { status, location, body, .. } = self;
        (self.fingerprint == fingerprint).then_some(ReplayedAnswer { status, location, body })
    }
}

async fn read<T: DeserializeOwned>(key: &str) -> Result<Option<T>, Failure> {
    let Some(bytes) = store::get(key).await?.filter(|bytes| !bytes.is_empty()) else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| Failure::Other(error.to_string()))
}

async fn write<T: Serialize>(key: &str, value: &T) -> Result<(), Failure> {
    let bytes = serde_json::to_vec(value).map_err(|error| Failure::Other(error.to_string()))?;
    store::set(key, &bytes).await
}

fn user_key(id: &str) -> String {
    format!("user:{id}")
}

pub(crate) fn claim_key(email_key: &str) -> String {
    digest_key("user-email:", &[email_key])
}

pub(crate) fn answer_key(scope: &IdempotencyScope) -> String {
    digest_key("user-answer:", &[&scope.principal, &scope.method, &scope.path, &scope.key])
}

/// `prefix` and the digest of `parts`, none of which can be taken for another's end.
fn digest_key(prefix: &str, parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    format!("{prefix}{}", hex::encode(digest.finalize()))
}
