//! What stands under which key.

use serde::Serialize;
use serde::de::DeserializeOwned;
use tradepost_kept_store::{self as store, Failure};
use tradepost_order_list::Day;
use uuid::Uuid;

pub(crate) fn days_key(customer: Uuid) -> String {
    format!("orders:{customer}")
}

pub(crate) fn page_key(customer: Uuid, day: Day) -> String {
    format!("orders:{customer}:{}", day.number())
}

pub(crate) fn recent_key(customer: Uuid) -> String {
    format!("orders:{customer}:recent")
}

/// What is under `key`, or what there is before anything is.
pub(crate) async fn get<T: Default + DeserializeOwned>(key: &str) -> Result<T, Failure> {
    let Some(bytes) = store::get(key).await? else { return Ok(T::default()) };
    serde_json::from_slice(&bytes).map_err(|_| Failure::Other("a list of orders cannot be read".to_owned()))
}

pub(crate) async fn set<T: Serialize>(key: &str, value: &T) -> Result<(), Failure> {
    let bytes = serde_json::to_vec(value).map_err(|error| Failure::Other(error.to_string()))?;
    store::set(key, &bytes).await
}

pub(crate) fn uuid(text: &str) -> Result<Uuid, Failure> {
    Uuid::try_parse(text).map_err(|error| Failure::Other(error.to_string()))
}
