//! What a token says.

use serde::{Deserialize, Serialize};
use tradepost_ids::UserId;
use uuid::Uuid;

/// Who makes tokens, and for whom: this product for itself.
pub const ISSUER: &str = "tradepost";

/// See [`ISSUER`].
pub const AUDIENCE: &str = "tradepost";

/// How long a token is good, in seconds.
pub const LIFETIME_SECONDS: i64 = 900;

/// What a token says of its bearer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// Who it is: `sub`.
    pub user: UserId,
    /// Since which login: `sid`, the family of refresh tokens that the session lives by.
    pub session: Uuid,
    /// The token's own id: `jti`.
    pub id: Uuid,
    /// What the bearer may do beyond his own things, as RFC 6749 section 3.3 writes it; empty for a customer.
    pub scope: String,
    /// When it was made, in seconds since 1970-01-01T00:00:00Z: `iat`, and `nbf`. It is good for
    /// [`LIFETIME_SECONDS`] from then on.
    pub issued_at: i64,
}

impl Claims {
    /// When it stops to be good: `exp`, the first second in which it is not.
    pub fn expires_at(&self) -> i64 {
        self.issued_at.saturating_add(LIFETIME_SECONDS)
    }
}

/// The claims as they are written. A claim that is given twice, missing, or not of these is refused.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written<'a> {
    pub(crate) iss: &'a str,
    pub(crate) aud: &'a str,
    pub(crate) sub: &'a str,
    pub(crate) sid: Uuid,
    pub(crate) jti: Uuid,
    pub(crate) iat: i64,
    pub(crate) nbf: i64,
    pub(crate) exp: i64,
    pub(crate) scope: &'a str,
}
