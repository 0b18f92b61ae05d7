//! What the operator has settled by variables. Changing one takes a restart, as changing any variable does.

use std::cell::RefCell;
use std::rc::Rc;

use spin_sdk::variables;
use tradepost_rate_limit::Policies;

use crate::bearer::{Digest, digest};
use crate::cross_origin::Origins;

/// The variables, read and understood.
pub(crate) struct Settings {
    /// The operator's key; the key itself is not kept. `None` admits nobody as the operator.
    pub(crate) admin_key: Option<Digest>,
    /// Whose pages may call from a browser.
    pub(crate) origins: Origins,
    /// Every request comes over TLS, though what stands in front of this may have ended it.
    pub(crate) behind_tls: bool,
    /// How many proxies every request comes through, each of which says for whom.
    pub(crate) trusted_proxies: usize,
    /// How many requests are served to one caller.
    pub(crate) policies: Policies,
}

thread_local! {
    /// Reading a variable is a call of the host, so each is read once in an instance's life.
    static SETTINGS: RefCell<Option<Rc<Settings>>> = const { RefCell::new(None) };
}

/// The settings. The error is for the log, and names the variable.
pub(crate) async fn settings() -> Result<Rc<Settings>, String> {
    if let Some(kept) = SETTINGS.with_borrow(Option::clone) {
        return Ok(kept);
    }
    let settings = Rc::new(read().await?);
    SETTINGS.set(Some(Rc::clone(&settings)));
    Ok(settings)
}

async fn read() -> Result<Settings, String> {
    let admin_key = variable("admin_key").await?;
    let admin_key = admin_key.trim();
    Ok(Settings {
        // Nobody's credential is ever compared with the digest of nothing.
        admin_key: (!admin_key.is_empty()).then(|| digest(admin_key)),
        origins: Origins::read(&variable("cors_origins").await?)?,
        behind_tls: read_flag("behind_tls", &variable("behind_tls").await?)?,
        trusted_proxies: variable("trusted_proxies")
            .await?
            .trim()
            .parse()
            .map_err(|_| "the variable trusted_proxies must be a number".to_owned())?,
        policies: Policies::read(&variable("rate_limits").await?)
            .map_err(|error| format!("the variable rate_limits cannot be used: {error}"))?,
    })
}

async fn variable(name: &str) -> Result<String, String> {
    variables::get(name).await.map_err(|_| format!("the variable {name} cannot be read"))
}

fn read_flag(name: &str, text: &str) -> Result<bool, String> {
    match text.trim() {
        "true" => Ok(true),
        "false" | "" => Ok(false),
        _ => Err(format!("the variable {name} must be true or false")),
    }
}
