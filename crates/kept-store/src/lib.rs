//! The key-value store, opened once an instance.
//!
//! Its label is always `default`: without a runtime configuration of its own, Spin knows no other.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use spin_sdk::key_value::{Error, Store};

/// Why a value was not read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The store did not answer; asking again may help.
    Unavailable(String),
    /// The component may not use the store: a fault of the manifest.
    Other(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(reason) | Self::Other(reason) => f.write_str(reason),
        }
    }
}

thread_local! {
    /// The instance's handle, shared by its concurrent requests.
    static KEPT: RefCell<Option<Rc<Store>>> = const { RefCell::new(None) };
}

/// The value under `key`.
pub async fn get(key: &str) -> Result<Option<Vec<u8>>, Failure> {
    let store = store().await?;
    store.get(key).await.map_err(failure)
}

/// Puts `value` under `key` in place of what was there.
pub async fn set(key: &str, value: &[u8]) -> Result<(), Failure> {
    let store = store().await?;
    store.set(key, value).await.map_err(failure)
}

/// Takes away what is under `key`, if anything is.
pub async fn delete(key: &str) -> Result<(), Failure> {
    let store = store().await?;
    store.delete(key).await.map_err(failure)
}

async fn store() -> Result<Rc<Store>, Failure> {
    if let Some(kept) = KEPT.with_borrow(Option::clone) {
        return Ok(kept);
    }
    let opened = Rc::new(Store::open_default().await.map_err(failure)?);
    KEPT.set(Some(Rc::clone(&opened)));
    Ok(opened)
}

fn failure(error: Error) -> Failure {
    // The next call opens anew: whether a broken handle heals by itself is the host's secret.
    KEPT.set(None);
    match error {
        Error::Other(reason) => Failure::Unavailable(reason),
        Error::StoreTableFull => Failure::Unavailable("too many stores are open".to_owned()),
        Error::AccessDenied => Failure::Other("the manifest does not grant the key-value store".to_owned()),
        Error::NoSuchStore => Failure::Other("there is no key-value store `default`".to_owned()),
    }
}
