//! API keys of programs: what is known of one stands in the view store under the key's digest.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use serde::Deserialize;
use tradepost_access::Scopes;
use tradepost_ids::KeyId;
use tradepost_kept_store::{get, set};

use crate::bearer::Digest;
use crate::caller::{Caller, known_scopes, unauthenticated};
use crate::memory::{Memory, Over};
use crate::ports::exports::tradepost::gateway::admission::Refusal;
use crate::tokens::unavailable;

/// What every API key begins with.
pub(crate) const PREFIX: &str = "tp_";

/// 32 random bytes in base64url, without padding.
const SECRET_CHARACTERS: usize = 43;

/// How often it is noted that a key was used, in microseconds: once a minute.
const NOTED_EVERY_MICROS: i64 = 60_000_000;

/// How many keys an instance knows to have noted. Another one is noted again.
const MOST_NOTED: usize = 1_024;

/// What is known of a key. Members that this version does not know are passed over.
#[derive(Deserialize)]
struct Entry {
    id: KeyId,
    scopes: String,
}

/// What this instance has read of a key. Nothing of it ever changes.
#[derive(Clone)]
struct Known {
    id: KeyId,
    scopes: Scopes,
    /// Where it stands when the key was revoked.
    revocation: Rc<str>,
}

/// For how long an entry is not read again, in seconds.
const KNOWN_FOR_SECONDS: i64 = 3_600;

thread_local! {
    static KNOWN: RefCell<Memory<Known>> = RefCell::default();
    /// When this instance last saw to it that a key's use is noted.
    static NOTED: RefCell<HashMap<KeyId, i64>> = RefCell::default();
}

/// Whose key this is, if it is remembered: nothing has to be computed for it then.
pub(crate) async fn remembered(key: &str, now_micros: i64) -> Option<Result<Caller, Refusal>> {
    match KNOWN.with_borrow_mut(|known| known.recall(key, now_micros / 1_000_000))? {
        Ok(known) => Some(unless_revoked(known, now_micros).await),
        Err(Over) => None,
    }
}

/// Whose key this is, whose digest is `digest`.
pub(crate) async fn caller(key: &str, digest: &Digest, now_micros: i64) -> Result<Caller, Refusal> {
    unless_revoked(looked_up(key, digest, now_micros / 1_000_000).await?, now_micros).await
}

/// That is read each time, and stands under a key of its own: whoever writes at that moment that the key was made does not
/// make it good again.
async fn unless_revoked(known: Known, now_micros: i64) -> Result<Caller, Refusal> {
    if get(&known.revocation).await.map_err(|failure| unavailable(&failure))?.is_some() {
        return Err(unauthenticated("The API key has been revoked"));
    }
    note_use(known.id, now_micros).await;
    Ok(Caller::Key { id: known.id.to_string(), scopes: known.scopes })
}

async fn looked_up(key: &str, digest: &Digest, now_seconds: i64) -> Result<Known, Refusal> {
    let not_valid = || unauthenticated("The credential is not valid");
    if !key.strip_prefix(PREFIX).is_some_and(is_secret) {
        return Err(not_valid());
    }
    let name = format!("api-key:{}", hex(digest));
    let found = get(&name).await.map_err(|failure| unavailable(&failure))?.ok_or_else(not_valid)?;
    let entry: Entry = serde_json::from_slice(&found)
        .map_err(|error| Refusal::Unavailable(format!("an API key's entry is none: {error}")))?;
    let known = Known {
        id: entry.id,
        scopes: known_scopes(&entry.scopes),
        revocation: format!("{name}:revoked").into(),
    };
    let until = now_seconds.saturating_add(KNOWN_FOR_SECONDS);
    KNOWN.with_borrow_mut(|memory| memory.remember(key, known.clone(), until, now_seconds));
    Ok(known)
}

fn is_secret(text: &str) -> bool {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    text.len() == SECRET_CHARACTERS && text.bytes().all(is_base64url)
}

/// Notes that the key is in use, unless that was noted a moment ago. A note that fails is nobody's loss.
async fn note_use(id: KeyId, now_micros: i64) {
    let is_recent = |noted_at: i64| now_micros.saturating_sub(noted_at) < NOTED_EVERY_MICROS;
    let is_noted = NOTED.with_borrow_mut(|noted| {
        if noted.get(&id).is_some_and(|noted_at| is_recent(*noted_at)) {
            return true;
        }
        if noted.len() >= MOST_NOTED {
            noted.clear();
        }
        noted.insert(id, now_micros);
        false
    });
    if is_noted {
        return;
    }
    let name = format!("api-key-use:{id}");
    // Another instance may have noted it.
    let known = get(&name).await.ok().flatten();
    let known = known.and_then(|text| String::from_utf8(text).ok()?.parse().ok());
    if !known.is_some_and(is_recent) {
        let _ = set(&name, now_micros.to_string().as_bytes()).await;
    }
}

fn hex(digest: &Digest) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| DIGITS.get(usize::from(value)).copied().map_or('0', char::from);
    digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::{hex, is_secret};

    #[test]
    fn a_digest_is_written_in_64_digits() {
        assert_eq!(hex(&[0xab; 32]), "ab".repeat(32));
        assert_eq!(hex(&[0x0f; 32]), "0f".repeat(32));
    }

    #[test]
    fn a_secret_is_43_characters_of_base64url() {
        assert!(is_secret(&"aZ0-_".repeat(9)[..43]));
        for text in [String::new(), "a".repeat(42), "a".repeat(44), format!("{}+", "a".repeat(42))] {
            assert!(!is_secret(&text), "{text}");
        }
    }
}
