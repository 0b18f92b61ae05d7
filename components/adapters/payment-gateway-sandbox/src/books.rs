//! What the sandbox remembers, and under which keys.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tradepost_kept_store::{self as store, Failure};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    Authorise,
    Capture,
    Void,
    Refund,
}

impl Kind {
    /// Why an authorisation that was settled by this cannot be settled again.
    pub(crate) const fn refusal(self) -> &'static str {
        match self {
            Self::Void => "already_voided",
            _ => "already_captured",
        }
    }
}

/// What a token has happen to the operations that follow its authorisation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Later {
    #[default]
    Nothing,
    /// The capture happens, and its first answer is lost.
    LoseCapture,
    DeclineRefunds,
    /// Refunds happen, and their first answers are lost.
    LoseRefunds,
}

/// An operation that was decided. The payment method is not among what is remembered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) operation: Kind,
    pub(crate) order_id: Option<String>,
    /// The provider's reference of the authorisation that it was made on.
    pub(crate) authorisation: Option<String>,
    /// In minor units.
    pub(crate) amount: i64,
    pub(crate) currency: String,
    /// Why it was declined; absent when it was approved.
    pub(crate) decline: Option<String>,
    pub(crate) later: Later,
}

impl Record {
    pub(crate) fn is_authorised(&self) -> bool {
        self.operation == Kind::Authorise && self.decline.is_none()
    }
}

/// The one capture or void of an authorisation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Settled {
    pub(crate) operation: Kind,
    /// Our reference of it.
    pub(crate) reference: String,
}

pub(crate) async fn record(reference: &str) -> Result<Option<Record>, Failure> {
    read(&format!("sandbox:{reference}")).await
}

pub(crate) async fn write(reference: &str, record: &Record) -> Result<(), Failure> {
    put(&format!("sandbox:{reference}"), record).await
}

pub(crate) async fn settled(authorised_as: &str) -> Result<Option<Settled>, Failure> {
    read(&format!("sandbox:{authorised_as}:settled")).await
}

pub(crate) async fn settle(authorised_as: &str, settled: &Settled) -> Result<(), Failure> {
    put(&format!("sandbox:{authorised_as}:settled"), settled).await
}

/// The approved refunds of an authorisation: our references, and how much in minor units.
pub(crate) async fn refunds(authorised_as: &str) -> Result<BTreeMap<String, i64>, Failure> {
    Ok(read(&format!("sandbox:{authorised_as}:refunds")).await?.unwrap_or_default())
}

pub(crate) async fn write_refunds(
    authorised_as: &str,
    refunds: &BTreeMap<String, i64>,
) -> Result<(), Failure> {
    put(&format!("sandbox:{authorised_as}:refunds"), refunds).await
}

async fn read<T: DeserializeOwned>(key: &str) -> Result<Option<T>, Failure> {
    let Some(bytes) = store::get(key).await? else { return Ok(None) };
    let read = serde_json::from_slice(&bytes);
    read.map(Some).map_err(|error| Failure::Other(format!("the sandbox's books cannot be read: {error}")))
}

async fn put(key: &str, value: &impl Serialize) -> Result<(), Failure> {
    let bytes = serde_json::to_vec(value).map_err(|error| Failure::Other(error.to_string()))?;
    store::set(key, &bytes).await
}
