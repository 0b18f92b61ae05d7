//! The compact form: `header.claims.signature`, each in base64url without padding (RFC 7515, sections 2 and 3.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// The one algorithm: Ed25519 under the name that RFC 8037 gives it.
pub(crate) const ALGORITHM: &str = "EdDSA";

/// The one type (RFC 9068, section 2.1), so that nothing else that is signed with the same key passes for a token.
pub(crate) const TYPE: &str = "at+jwt";

/// No token of ours is longer: it has room for every scope there is.
const MOST_BYTES: usize = 2_048;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header<'a> {
    pub(crate) alg: &'a str,
    pub(crate) typ: &'a str,
    pub(crate) kid: &'a str,
}

/// A token in its parts.
pub(crate) struct Compact<'a> {
    /// What the signature is of: header and claims as they came.
    pub(crate) signed: &'a str,
    pub(crate) header: Vec<u8>,
    pub(crate) claims: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl<'a> Compact<'a> {
    /// `None` when it has not the form. The decoder takes one spelling of everything: no padding, and no bits behind
    /// the last byte.
    pub(crate) fn parse(token: &'a str) -> Option<Self> {
        if token.len() > MOST_BYTES {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        Some(Self { signed, header: decode(header)?, claims: decode(claims)?, signature: decode(signature)? })
    }
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes that a text of a fixed length stands for.
pub(crate) fn decode_exactly<const N: usize>(text: &str) -> Option<[u8; N]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}
