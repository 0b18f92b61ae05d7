//! Access tokens of users: verified once, remembered until they expire, and asked for at each request whether the session
//! has ended.

use std::cell::RefCell;
use std::rc::Rc;

use tradepost_access_token::{KeySet, Rejection, verify};
use tradepost_kept_store::{Failure, get};

use crate::caller::{Caller, known_scopes, unauthenticated};
use crate::memory::Memory;
use crate::ports::exports::tradepost::gateway::admission::Refusal;

/// Where the keys are that verify: a JSON Web Key Set.
const SIGNING_KEYS: &str = "identity:signing-keys";

/// For how long the keys are not read again, in seconds. A key is published ten minutes before it signs, and a token that
/// names one that is not known has them read again at once.
const KEYS_GOOD_FOR_SECONDS: i64 = 60;

/// A token that was good when it was verified.
#[derive(Clone)]
struct Verified {
    caller: Caller,
    /// Where it stands when the session has ended.
    ending: Rc<str>,
    by: Rc<KeySet>,
}

/// The keys as they were read.
struct Keys {
    set: Rc<KeySet>,
    document: Vec<u8>,
    read_at: i64,
}

thread_local! {
    static KEYS: RefCell<Option<Keys>> = const { RefCell::new(None) };
    static REMEMBERED: RefCell<Memory<Verified>> = RefCell::default();
}

/// Whose token this is, if it is remembered: nothing has to be computed for it then.
pub(crate) async fn remembered(token: &str, now_seconds: i64) -> Option<Result<Caller, Refusal>> {
    let Ok(verified) = REMEMBERED.with_borrow_mut(|remembered| remembered.recall(token, now_seconds))? else {
        return Some(Err(rejected(Rejection::Expired)));
    };
    match keys(now_seconds, KEYS_GOOD_FOR_SECONDS).await {
        Ok(keys) if Rc::ptr_eq(&keys, &verified.by) => Some(unless_ended(verified).await),
        // Keys that are not there any more must not verify.
        Ok(_) => None,
        Err(refusal) => Some(Err(refusal)),
    }
}

/// Whose token this is, by its signature.
pub(crate) async fn caller(token: &str, now_seconds: i64) -> Result<Caller, Refusal> {
    unless_ended(verified(token, now_seconds).await?).await
}

async fn unless_ended(verified: Verified) -> Result<Caller, Refusal> {
    match get(&verified.ending).await {
        Ok(None) => Ok(verified.caller),
        Ok(Some(_)) => Err(unauthenticated("The session has ended")),
        Err(failure) => Err(unavailable(&failure)),
    }
}

async fn verified(token: &str, now_seconds: i64) -> Result<Verified, Refusal> {
    let mut by = keys(now_seconds, KEYS_GOOD_FOR_SECONDS).await?;
    let mut outcome = verify(token, &by, now_seconds);
    if outcome == Err(Rejection::UnknownKey) {
        // It may be a new one. At most once a second: anybody can name keys that there are not.
        by = keys(now_seconds, 1).await?;
        outcome = verify(token, &by, now_seconds);
    }
    let claims = outcome.map_err(rejected)?;
    let session = claims.session.to_string();
    let ending = format!("session:{session}:ended").into();
    let caller = Caller::User { id: claims.user.to_string(), scopes: known_scopes(&claims.scope), session };
    let verified = Verified { caller, ending, by };
    REMEMBERED.with_borrow_mut(|remembered| {
        remembered.remember(token, verified.clone(), claims.expires_at(), now_seconds);
    });
    Ok(verified)
}

/// The keys, read again if that was `good_for_seconds` ago.
async fn keys(now_seconds: i64, good_for_seconds: i64) -> Result<Rc<KeySet>, Refusal> {
    let is_fresh = |keys: &Keys| (0..good_for_seconds).contains(&(now_seconds - keys.read_at));
    let kept =
        KEYS.with_borrow(|keys| keys.as_ref().filter(|keys| is_fresh(keys)).map(|keys| keys.set.clone()));
    if let Some(set) = kept {
        return Ok(set);
    }
    let document = get(SIGNING_KEYS).await.map_err(|failure| unavailable(&failure))?.unwrap_or_default();
    let same = KEYS.with_borrow_mut(|keys| {
        let keys = keys.as_mut().filter(|keys| keys.document == document)?;
        keys.read_at = now_seconds;
        Some(keys.set.clone())
    });
    if let Some(set) = same {
        return Ok(set);
    }
    // Before the first log-in there is none, and nobody has a token.
    let set = if document.is_empty() { Ok(KeySet::default()) } else { KeySet::parse(&document) };
    let set = Rc::new(set.map_err(|error| Refusal::Unavailable(format!("{SIGNING_KEYS}: {error}")))?);
    KEYS.set(Some(Keys { set: set.clone(), document, read_at: now_seconds }));
    Ok(set)
}

fn rejected(rejection: Rejection) -> Refusal {
    unauthenticated(&format!("The credential {rejection}"))
}

pub(crate) fn unavailable(failure: &Failure) -> Refusal {
    Refusal::Unavailable(format!("the view store: {failure}"))
}
