//! From a token to what it says, or to why it is not believed.

use ed25519_dalek::Signature;

use crate::claims::Written;
use crate::compact::{ALGORITHM, Compact, Header, TYPE};
use crate::{AUDIENCE, Claims, ISSUER, KeySet, LIFETIME_SECONDS};

/// How far ahead the clock of whoever made the token may be, in seconds. There is no such mercy for expired ones.
pub const SKEW_SECONDS: i64 = 30;

/// Why a token is not believed. It never repeats anything of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// It is not a token in its form, or says other things than tokens say.
    #[error("is not an access token")]
    Malformed,
    /// It names another algorithm than Ed25519.
    #[error("is not signed with the algorithm that access tokens are signed with")]
    Algorithm,
    /// It is something else than an access token.
    #[error("is a token for something else")]
    Type,
    /// No key that is in use has the id that it names. It may be new: look whether there are other keys by now.
    #[error("is signed with a key that is not in use")]
    UnknownKey,
    /// The key that it names has not signed it.
    #[error("has a signature that is not its own")]
    Signature,
    /// Somebody else made it.
    #[error("is from somebody else")]
    Issuer,
    /// It is for somebody else.
    #[error("is for somebody else")]
    Audience,
    /// It was good once.
    #[error("has expired")]
    Expired,
    /// It will be good some time.
    #[error("is not valid yet")]
    NotYetValid,
}

/// What `token` says, if one of `keys` has signed it and it is good at `now`, in seconds since 1970-01-01T00:00:00Z.
pub fn verify(token: &str, keys: &KeySet, now: i64) -> Result<Claims, Rejection> {
    let compact = Compact::parse(token).ok_or(Rejection::Malformed)?;
    let header: Header<'_> = serde_json::from_slice(&compact.header).map_err(|_| Rejection::Malformed)?;
    if header.alg != ALGORITHM {
        return Err(Rejection::Algorithm);
    }
    if header.typ != TYPE {
        return Err(Rejection::Type);
    }
    let key = keys.get(header.kid).ok_or(Rejection::UnknownKey)?;
    let signature = Signature::from_slice(&compact.signature).map_err(|_| Rejection::Malformed)?;
    // Strict: one signature has one spelling, and nobody's key is weak.
    key.key.verify_strict(compact.signed.as_bytes(), &signature).map_err(|_| Rejection::Signature)?;

    let written: Written<'_> = serde_json::from_slice(&compact.claims).map_err(|_| Rejection::Malformed)?;
    if written.iss != ISSUER {
        return Err(Rejection::Issuer);
    }
    if written.aud != AUDIENCE {
        return Err(Rejection::Audience);
    }
    if now >= written.exp {
        return Err(Rejection::Expired);
    }
    if written.nbf > now.saturating_add(SKEW_SECONDS) {
        return Err(Rejection::NotYetValid);
    }
    // Whoever holds the key makes them so; another kind would outlive the overlap of keys.
    let of_ours =
        written.nbf == written.iat && written.iat.checked_add(LIFETIME_SECONDS) == Some(written.exp);
    let user = written.sub.parse().ok().filter(|_| of_ours).ok_or(Rejection::Malformed)?;
    Ok(Claims {
        user,
        session: written.sid,
        id: written.jti,
        scope: written.scope.to_owned(),
        issued_at: written.iat,
    })
}
