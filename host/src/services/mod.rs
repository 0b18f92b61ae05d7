//! What the host does for guests: one module an interface family, and the state they share.

pub(crate) mod denied;
pub(crate) mod guest_log;
pub(crate) mod key_value;
pub(crate) mod outbound_http;
pub(crate) mod postgres;
pub(crate) mod variables;
mod waits;

use crate::app::App;
use crate::guest::Guest;
use crate::inputs::Inputs;
use crate::networks::Networks;
use crate::seam::Seam;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use tradepost_key_value::Stores;
use tradepost_sql_pool::Pools;
use wasmtime::component::Linker;

/// State behind the host's services, one for a running application.
pub(crate) struct Services {
    pub(crate) seam: Option<Arc<dyn Seam>>,
    pub(crate) inputs: Inputs,
    pub(crate) pools: Pools,
    pub(crate) stores: Stores,
    pub(crate) networks: Networks,
    /// The application itself, for service chaining. Weak, because it owns these services.
    pub(crate) app: OnceLock<Weak<App>>,
    host_calls: AtomicU32,
    /// Set once nobody serves any more: what instances say then is no news.
    pub(crate) stopped: AtomicBool,
}

impl Services {
    pub(crate) fn new(
        seam: Option<Arc<dyn Seam>>,
        inputs: Inputs,
        pools: Pools,
        stores: Stores,
        networks: Networks,
    ) -> Self {
        Self {
            seam,
            inputs,
            pools,
            stores,
            networks,
            app: OnceLock::new(),
            host_calls: AtomicU32::new(0),
            stopped: AtomicBool::new(false),
        }
    }

    /// Counts a host call that belongs to no known request.
    pub(crate) fn count_host_call(&self) -> u32 {
        self.host_calls.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Everything that a component may import.
pub(crate) fn linker(engine: &wasmtime::Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = Linker::new(engine);
    // The two WASI versions share names only across versions, never within one.
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    outbound_http::add_to_linker(&mut linker)?;
    waits::add_to_linker(&mut linker)?;
    postgres::add_to_linker(&mut linker)?;
    key_value::add_to_linker(&mut linker)?;
    variables::add_to_linker(&mut linker)?;
    Ok(linker)
}
