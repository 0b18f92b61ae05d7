//! The body of a request, as 32 bytes.

use std::fmt;

use sha2::{Digest, Sha256};

/// SHA-256 of a request's canonical body: tells whether a key came with the same body as before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint of a body whose spelling does not matter any more, such as `canonical_bytes` of
    /// `tradepost-input` makes it.
    pub fn of(canonical_body: &[u8]) -> Self {
        Self(Sha256::digest(canonical_body).into())
    }

    /// What is stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// In hexadecimal, as `sha256sum` writes it.
impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
