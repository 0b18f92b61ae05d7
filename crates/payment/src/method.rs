//! What is charged, and by what payments of one customer are known to each other.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What to charge: a token of the payment provider. Whoever has it may be able to charge it, so it is in no log, no
/// error and no event that leaves the context.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PaymentMethod(String);

impl PaymentMethod {
    /// The method with this token.
    pub const fn new(token: String) -> Self {
        Self(token)
    }

    /// The token, for the provider.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the token: which payments were made with one method, and not which.
    pub fn digest(&self) -> Vec<u8> {
        digest(&self.0)
    }
}

/// Without the token.
impl fmt::Debug for PaymentMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentMethod(…)")
    }
}

/// SHA-256 of an e-mail address in lower case and without blanks around it.
pub fn digest_of_email(email: &str) -> Vec<u8> {
    digest(&email.trim().to_lowercase())
}

fn digest(text: &str) -> Vec<u8> {
    Sha256::digest(text).to_vec()
}
