//! Tokens that are good once, and what is asked with them.

use std::time::Duration;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tradepost_input::{Faults, Field, code, read};

use crate::api_key::base64url;
use crate::{EmailAddress, NewPassword, ShownPassword};

/// For how long a forgotten password can be set anew after the token was sent.
pub const PASSWORD_RESET_LIFETIME: Duration = Duration::from_mins(30);

/// For how long an address can be verified after the token was sent.
pub const VERIFICATION_LIFETIME: Duration = Duration::from_hours(24);

/// The greatest length of what is read as a token, in characters. Ours have 43.
const MOST_TOKEN_CHARS: usize = 100;

/// The text of the token that consists of these 256 random bits: 43 characters of base64url.
pub fn token_text(bits: &[u8; 32]) -> String {
    base64url(bits)
}

/// What is kept of a token: its SHA-256.
pub fn token_digest(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// What is wrong with a body whose token is nobody's, was used, is too old, or was followed by another.
pub fn token_not_good() -> Faults {
    const DETAIL: &str = "The token is not good: it was used, is too old, or another was sent since";
    let body = json!({"token": ""});
    let refused: Result<(), _> =
        read(&body, |body| body.required("token", |token| Err(token.fault(code::INVALID, DETAIL))));
    refused.err().unwrap_or_default()
}

/// Somebody has forgotten his password: `{email}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetWish {
    /// Whose.
    pub email: EmailAddress,
}

impl ResetWish {
    /// Reads the body of `POST /password-resets`.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        read(body, |wish| Ok(Self { email: wish.required("email", Field::parse)? }))
    }
}

/// Somebody sets a password with a token: `{token, password}`.
#[derive(Clone)]
pub struct PasswordReset {
    /// What was sent to him.
    pub token: String,
    /// From now on.
    pub password: NewPassword,
}

impl PasswordReset {
    /// Reads the body of `POST /password-resets/confirmation`.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        read(body, |reset| {
            let token = reset.required("token", |token| token.line(MOST_TOKEN_CHARS));
            let password = reset.required("password", Field::parse);
            Ok(Self { token: token?.to_owned(), password: password? })
        })
    }
}

/// Somebody shows that mail reaches him: `{token}`.
#[derive(Clone)]
pub struct VerificationWish {
    /// What was sent to him.
    pub token: String,
}

impl VerificationWish {
    /// Reads the body of `POST /verifications/confirmation`.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        read(body, |wish| {
            Ok(Self { token: wish.required("token", |token| token.line(MOST_TOKEN_CHARS))?.to_owned() })
        })
    }
}

/// Somebody who knows his password sets another one: `{current_password, new_password}`.
#[derive(Clone)]
pub struct PasswordChange {
    /// Until now.
    pub current: ShownPassword,
    /// From now on.
    pub new: NewPassword,
}

impl PasswordChange {
    /// Reads the body of `POST /users/:user_id/password`.
    pub fn read(body: &Value) -> Result<Self, Faults> {
        read(body, |change| {
            let current = change.required("current_password", Field::parse);
            let new = change.required("new_password", Field::parse);
            Ok(Self { current: current?, new: new? })
        })
    }
}
