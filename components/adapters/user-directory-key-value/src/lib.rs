//! The port `user-directory` on a key-value store: shows that the swap is one line of the manifest, and is enough
//! for trying things out.
//!
//! **Not for production.** The store has no compare-and-swap, so two registrations under one e-mail key that
//! happen at the same time may both be told that they succeeded; the later one then owns the key and the earlier
//! user stays, reachable by id alone. Nor are the two writes of a registration atomic: one that dies between them
//! leaves a user whose address can be registered again. Everything else the port asks holds.
//!
//! `user:<uuid>` is the user, as JSON; `user-email:<SHA-256 of the e-mail key>` is the id of the user who owns the
//! key. The digest, because an address may have 254 bytes and more once it is folded, and a key of the store 256.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
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

use ports::exports::tradepost::identity::user_directory::{Guest, LookupError, RegistrationError, User};

struct Directory;

/// What is stored of a user.
#[derive(Debug, Serialize, Deserialize)]
struct Record {
    name: String,
    email: String,
    created_at_micros: i64,
}

impl Guest for Directory {
    async fn register(user: User, email_key: String) -> Result<(), RegistrationError> {
        let claim_key = claim_key(&email_key);
        if store::get(&claim_key).await.map_err(registration_error)?.is_some() {
            return Err(RegistrationError::EmailTaken);
        }
        let record = Record { name: user.name, email: user.email, created_at_micros: user.created_at };
        let record =
            serde_json::to_vec(&record).map_err(|error| RegistrationError::Other(error.to_string()))?;
        // The user first: an address that is owned by nobody could never be registered again.
        store::set(&user_key(&user.id), &record).await.map_err(registration_error)?;
        store::set(&claim_key, user.id.as_bytes()).await.map_err(registration_error)
    }

    async fn find(id: String) -> Result<Option<User>, LookupError> {
        // Anything else may be too long to be asked for.
        if Uuid::try_parse(&id).is_err() {
            return Ok(None);
        }
        let record = store::get(&user_key(&id)).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => LookupError::Unavailable(reason),
            Failure::Other(reason) => LookupError::Other(reason),
        })?;
        let Some(record) = record else { return Ok(None) };
        let record: Record =
            serde_json::from_slice(&record).map_err(|error| LookupError::Other(error.to_string()))?;
        Ok(Some(User { id, name: record.name, email: record.email, created_at: record.created_at_micros }))
    }
}

fn user_key(id: &str) -> String {
    format!("user:{id}")
}

fn claim_key(email_key: &str) -> String {
    let mut key = "user-email:".to_owned();
    for byte in Sha256::digest(email_key) {
        // Writing to a string cannot fail.
        let _ = write!(key, "{byte:02x}");
    }
    key
}

fn registration_error(failure: Failure) -> RegistrationError {
    match failure {
        Failure::Unavailable(reason) => RegistrationError::Unavailable(reason),
        Failure::Other(reason) => RegistrationError::Other(reason),
    }
}
