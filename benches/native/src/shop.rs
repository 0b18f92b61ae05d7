//! What the handlers share.

use crate::database::Database;
use anyhow::Result;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use sha2::{Digest as _, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};
use tradepost_key_value::Store;
use tradepost_problem::Problem;
use tradepost_timestamp::Timestamp;

/// The database as each role that is needed, the views, and who may read them.
pub(crate) struct Shop {
    pub(crate) identity: Database,
    pub(crate) prices: Database,
    pub(crate) ordering: Database,
    pub(crate) views: Store,
    admin_key: [u8; 32],
}

impl Shop {
    pub(crate) fn new(database_url: &str, views: Store, admin_key: &str) -> Result<Self> {
        Ok(Self {
            identity: Database::as_role(database_url, "tradepost_identity")?,
            prices: Database::as_role(database_url, "tradepost_catalog_reader")?,
            ordering: Database::as_role(database_url, "tradepost_ordering")?,
            views,
            admin_key: Sha256::digest(admin_key).into(),
        })
    }

    /// Refuses whoever does not show the admin key.
    pub(crate) fn require_admin(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let shown = shown.ok_or_else(|| Problem::unauthenticated("This needs an Authorization header"))?;
        // Digests can be compared in any time: nobody chooses the bytes of one.
        let digest: [u8; 32] = Sha256::digest(shown).into();
        if digest == self.admin_key {
            Ok(())
        } else {
            Err(Problem::unauthenticated("The credential is not valid"))
        }
    }
}

/// The system's clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}
