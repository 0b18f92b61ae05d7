//! The port `user-directory` on a key-value store: shows that the swap is one line of the manifest, and is enough
//! for trying things out.
//!
//! **Not for production.** The store has no compare-and-swap, so what the port says of calls at the same moment does not
//! hold: two registrations under one e-mail key may both be told that they succeeded, the later one then owning the
//! key; of two edits of one version the earlier may be lost; twins under one idempotency key may both have their effect.
//! Nor are the writes of one call atomic: a registration that dies between them leaves a user whose address can be
//! registered again. Events go nowhere: there is no outbox that the relay could read. Everything else the port asks
//! holds.
//!
//! `user:<uuid>` is the user, as JSON; `user-email:<SHA-256 of the e-mail key>` is the id of the user who owns the
//! key; `user-answer:<SHA-256 of the scope>` is a kept answer. Digests, because what they are of has more bytes than a
//! key of the store may.

mod record;

use record::{Answer, Record};
use tradepost_kept_store::{self as store, Failure};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Directory;

    wit_bindgen::generate!({
        inline: "
            package tradepost:user-directory-key-value;

            world component {
                export tradepost:identity/user-directory@0.1.0;
            }
        ",
        path: "../../../wit/identity",
        generate_all,
    });

    export!(Directory);
}

use ports::exports::tradepost::identity::user_directory::{
    Entry, Erasure, Guest, IdempotencyScope, LookupError, ReplayedAnswer, User, WriteError, Written,
};

struct Directory;

/// What stands under a key under which there is nothing any more.
const NOTHING: &[u8] = &[];

impl Guest for Directory {
    async fn write(entry: Entry) -> Result<Written, WriteError> {
        if let Some(answer) = &entry.answer
            && let Some(kept) = Answer::under(&answer.scope).await?
        {
            return kept.replayed(&answer.fingerprint).map(Written::Replayed).ok_or(WriteError::KeyReused);
        }
        let id = entry.user.id.clone();
        let before = Record::of(&id).await?;
        // A registration that is repeated with its id may have been written half by the call's first run.
        if entry.password.is_some() {
            return Err(WriteError::Other("passwords are not kept here".to_owned()));
        }
        let is_repeated = entry.expected_version == 0
            && before.as_ref().is_some_and(|before| before.email_key == entry.email_key);
        let version = before.as_ref().map_or(0, |before| before.version);
        if version != entry.expected_version && !is_repeated {
            return Err(match entry.expected_version {
                0 => WriteError::EmailTaken,
                _ => WriteError::VersionConflict,
            });
        }
        if owner_of(&entry.email_key).await?.is_some_and(|owner| owner != id) {
            return Err(WriteError::EmailTaken);
        }
        let mut record = Record::from_user(entry.user, entry.email_key.clone());
        record.answers = before.as_ref().map(|before| before.answers.clone()).unwrap_or_default();
        record.answers.extend(entry.answer.as_ref().map(|answer| record::answer_key(&answer.scope)));
        // The user first: an address that is owned by nobody could never be registered again.
        record.put(&id).await?;
        store::set(&record::claim_key(&entry.email_key), id.as_bytes()).await?;
        if let Some(before) = before.filter(|before| before.email_key != entry.email_key) {
            store::set(&record::claim_key(&before.email_key), NOTHING).await?;
        }
        if let Some(answer) = entry.answer {
            let key = record::answer_key(&answer.scope);
            Answer::from(answer).put(&key).await?;
        }
        Ok(Written::Done)
    }

    async fn erase(erasure: Erasure) -> Result<bool, LookupError> {
        let Erasure { id, expected_version, .. } = erasure;
        if Uuid::try_parse(&id).is_err() {
            return Ok(false);
        }
        match Record::kept(&id).await? {
            Some(record) if record.erased => Ok(record.version.checked_sub(1) == Some(expected_version)),
            Some(record) if record.version == expected_version => {
                // The record last: whoever asks again finds it and does the rest again.
                store::set(&record::claim_key(&record.email_key), NOTHING).await?;
                for answer in &record.answers {
                    store::set(answer, NOTHING).await?;
                }
                Record::erased(expected_version.saturating_add(1)).put(&id).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn find_answer(
        scope: IdempotencyScope,
        fingerprint: Vec<u8>,
    ) -> Result<Option<ReplayedAnswer>, LookupError> {
        Ok(Answer::under(&scope).await?.and_then(|kept| kept.replayed(&fingerprint)))
    }

    async fn find(id: String) -> Result<Option<User>, LookupError> {
        // Anything else may be too long to be asked for.
        if Uuid::try_parse(&id).is_err() {
            return Ok(None);
        }
        Ok(Record::of(&id).await?.map(|record| record.into_user(id)))
    }
}

/// The id of the user who has this address.
async fn owner_of(email_key: &str) -> Result<Option<String>, Failure> {
    let owner = store::get(&record::claim_key(email_key)).await?;
    Ok(owner.filter(|id| !id.is_empty()).map(|id| String::from_utf8_lossy(&id).into_owned()))
}

impl From<Failure> for WriteError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable(reason) => Self::Unavailable(reason),
            Failure::Other(reason) => Self::Other(reason),
        }
    }
}

impl From<Failure> for LookupError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unavailable(reason) => Self::Unavailable(reason),
            Failure::Other(reason) => Self::Other(reason),
        }
    }
}
