//! Access tokens: signed statements of who is calling, good for a quarter of an hour. JWTs by the profile of RFC 9068, in
//! the compact form of RFC 7515, signed with Ed25519 as RFC 8037 says.
//!
//! Nothing about a token is negotiable: one algorithm, one type, one issuer, one audience, and no header or claim that is
//! not listed here. What a token could say to weaken its own verification is refused unread (RFC 8725).

mod claims;
mod compact;
mod keys;
#[cfg(test)]
mod tests;
mod verify;

pub use claims::{AUDIENCE, Claims, ISSUER, LIFETIME_SECONDS};
pub use keys::{KeySet, MalformedKeySet, PublicKey, SigningKey};
pub use verify::{Rejection, SKEW_SECONDS, verify};
