//! One component by itself, outside any composition: for port conformance tests, which call an adapter's exports
//! as an endpoint would.

use crate::app::Parts;
use crate::guest::{Grants, Guest};
use crate::services::{self, Services};
use anyhow::{Context as _, Result};
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::Instance;

/// An instance of an adapter.
pub struct Adapter {
    /// What its calls run in.
    pub store: Store<Guest>,
    /// Its exports, for bindings to be made over.
    pub instance: Instance,
}

impl Adapter {
    /// Instantiates the component `bytes` with all that the manifest grants to its component `granted_as`.
    pub async fn instantiate(parts: Parts<'_>, granted_as: &str, bytes: &[u8]) -> Result<Self> {
        let Parts { manifest, variables, engine, limits, pools, stores, seam, inputs, networks } = parts;
        let component = manifest
            .component(granted_as)
            .with_context(|| format!("the manifest has no component {granted_as:?}"))?;
        let services = Arc::new(Services::new(seam, inputs, pools, stores, networks));
        let linker = services::linker(engine.wasmtime()).map_err(anyhow::Error::from)?;
        let compiled = engine.compile(bytes)?;
        let grants = Arc::new(Grants::of(manifest, component, variables)?);
        let mut store = Guest::store(engine.wasmtime(), &grants, &services, &limits);
        let instance =
            linker.instantiate_async(&mut store, &compiled.component).await.map_err(anyhow::Error::from)?;
        Ok(Self { store, instance })
    }
}
