//! An installation's application, ready to answer: its variables resolved, its components compiled, its stores open.

use crate::admin_key::AdminKey;
use crate::app::{App, Parts};
use crate::cli::{Common, Up};
use crate::compilation::Loaded;
use crate::component_build;
use crate::database::Database;
use crate::engine::Engine;
use crate::inputs::Inputs;
use crate::networks::Networks;
use crate::up::{make_data_directory, step};
use anyhow::{Context as _, Result};
use std::env;
use std::sync::Arc;
use tradepost_key_value::Stores;
use tradepost_manifest::{Manifest, Variables, environment_name};
use tradepost_sql_pool::Pools;

/// An application that nobody serves yet.
pub(crate) struct Assembly {
    pub(crate) app: Arc<App>,
    pub(crate) stores: Stores,
    pub(crate) admin_key: AdminKey,
}

/// Reads the manifest and builds its components, unless the operator has done so.
pub(crate) async fn built(common: &Common, options: &Up) -> Result<Manifest> {
    let manifest = Manifest::read(&common.manifest)?;
    make_data_directory(&common.data)?;
    if !options.no_build {
        // Building is cargo's work and blocks.
        let manifest = manifest.clone();
        let build = tokio::task::spawn_blocking(move || component_build::build(&manifest, step));
        build.await.context("building the components panicked")??;
    }
    Ok(manifest)
}

impl Assembly {
    /// Makes the application of what was built, on this database.
    pub(crate) fn of(
        common: &Common,
        options: &Up,
        manifest: &Manifest,
        database: &Database,
    ) -> Result<Self> {
        let admin_key = AdminKey::resolve(options.admin_key.clone(), &common.data)?;
        // What this command knows by itself, unless the operator says otherwise; the host, so that components reach
        // the one database there is and no other.
        let known = [
            ("database_url", database.components_url()),
            ("database_host", database.host_and_port()),
            ("admin_key", admin_key.expose()),
        ];
        let known = known.into_iter().filter(|(name, _)| {
            manifest.variables().contains_key(*name) && env::var_os(environment_name(name)).is_none()
        });
        let known = known.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let flags = known.chain(options.variables.iter().cloned());
        let variables = Variables::resolve(manifest, flags, |name| env::var_os(name))?;
        let limits = options.limits();
        let engine = Engine::new(&common.data.join("compiled"), &limits)?;
        let stores = Stores::open(&common.data.join("key-value"))?;
        let parts = Parts {
            manifest,
            variables: &variables,
            engine: &engine,
            pools: Pools::new(limits.pools()),
            limits,
            stores: stores.clone(),
            seam: None,
            inputs: Inputs::default(),
            networks: Networks::and(&options.allowed_networks),
        };
        let app = App::load(parts, |loaded: Loaded<'_>| {
            if !loaded.cached {
                step(&format!("compiled {} ({}/{})", loaded.component, loaded.done, loaded.total));
            }
        })?;
        Ok(Self { app, stores, admin_key })
    }
}
