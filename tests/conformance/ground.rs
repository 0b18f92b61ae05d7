//! What an adapter stands on in these tests: a database and a key-value store of the test's own.

use crate::mishap::Mishap;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tradepost::adapter::Adapter;
use tradepost::app::Parts;
use tradepost::inputs::{Clock, Inputs};
use tradepost::limits::Limits;
use tradepost::networks::{Network, Networks};
use tradepost::seam::Seam;
use tradepost_cluster::testing::TestDatabase;
use tradepost_key_value::{Store, Stores};
use tradepost_manifest::{Manifest, Variables};
use tradepost_sql_pool::Pools;
use tradepost_tests::{ADMIN_KEY, components, engine, guest, migrated_databases};

/// Where nobody listens, and words that no error may repeat.
const AWAY: &str = "postgres://somebody:a-password@127.0.0.1:1/somewhere";

/// An adapter, and an endpoint whose grants it gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plug {
    /// The adapter's package.
    pub(crate) package: &'static str,
    /// The endpoint's component id.
    pub(crate) granted_as: &'static str,
}

/// A database and a store, and the adapters' way to them. Instances of one ground see each other's writes.
pub(crate) struct Ground {
    pub(crate) database: Option<TestDatabase>,
    /// Another composition than the product's.
    manifest: Option<Manifest>,
    variables: Variables,
    pools: Pools,
    stores: Stores,
    inputs: Inputs,
    _data: TempDir,
}

impl Ground {
    /// An empty database with the product's schema, and an empty store.
    pub(crate) async fn fresh() -> Self {
        let database = migrated_databases().fresh().await;
        let variables = variables(database.url(), ADMIN_KEY).await;
        Self::of(Some(database), variables)
    }

    /// Neither the database nor the store answers.
    pub(crate) async fn away() -> Self {
        let ground = Self::of(None, variables(AWAY, ADMIN_KEY).await);
        ground.stores.clone().close().await.unwrap();
        ground
    }

    /// Nothing but another admin key.
    pub(crate) async fn with_admin_key(admin_key: &str) -> Self {
        Self::of(None, variables(AWAY, admin_key).await)
    }

    /// No database, and other values of these variables.
    pub(crate) async fn with_variables(values: &[(&str, &str)]) -> Self {
        let manifest = tokio::task::spawn_blocking(components).await.unwrap();
        let usual = [("database_url", AWAY), ("admin_key", ADMIN_KEY), ("rate_limits", "off")];
        let usual = usual.iter().filter(|(name, _)| !values.iter().any(|(own, _)| own == name));
        let values = usual.chain(values).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self::of(None, Variables::resolve(manifest, values, |_| None).unwrap())
    }

    /// With another clock than the machine's.
    pub(crate) fn by(mut self, clock: Arc<dyn Clock>) -> Self {
        self.inputs.clock = Some(clock);
        self
    }

    /// No database, and another composition with these values of its variables.
    pub(crate) fn composed(manifest: Manifest, values: &[(&str, &str)]) -> Self {
        let values = [("database_url", AWAY)].iter().chain(values);
        let values = values.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let variables = Variables::resolve(&manifest, values, |_| None).unwrap();
        Self { manifest: Some(manifest), ..Self::of(None, variables) }
    }

    fn of(database: Option<TestDatabase>, variables: Variables) -> Self {
        let data = tempfile::tempdir().unwrap();
        let stores = Stores::open(data.path()).unwrap();
        let pools = Pools::new(Limits::default().pools());
        Self { database, manifest: None, variables, pools, stores, inputs: Inputs::default(), _data: data }
    }

    /// An instance of an adapter.
    pub(crate) async fn instance(&self, plug: Plug) -> Adapter {
        self.instantiate(plug, None).await
    }

    /// An instance of an adapter to which `mishap` will happen.
    pub(crate) async fn unlucky_instance(&self, plug: Plug, mishap: &Arc<Mishap>) -> Adapter {
        self.instantiate(plug, Some(mishap.clone())).await
    }

    async fn instantiate(&self, plug: Plug, seam: Option<Arc<dyn Seam>>) -> Adapter {
        let (manifest, bytes) =
            tokio::task::spawn_blocking(move || (components(), std::fs::read(wasm(plug.package)).unwrap()))
                .await
                .unwrap();
        let parts = Parts {
            manifest: self.manifest.as_ref().unwrap_or(manifest),
            variables: &self.variables,
            engine: engine(),
            limits: Limits::default(),
            pools: self.pools.clone(),
            stores: self.stores.clone(),
            seam,
            inputs: self.inputs.clone(),
            // Providers that tests play are on this machine.
            networks: Networks::and(&[Network::Private]),
        };
        Adapter::instantiate(parts, plug.granted_as, &bytes).await.unwrap()
    }

    /// The store that adapters use, for a look behind them.
    pub(crate) fn store(&self) -> Store {
        self.stores.label("default").unwrap()
    }

    /// Ends every connection that adapters have to the database, as its restart would.
    pub(crate) async fn cut_connections(&self) {
        let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                      WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.database.as_ref().unwrap().connect().await.execute(others, &[]).await.unwrap();
    }
}

/// Whether a text tells where the database is or how to get in.
pub(crate) fn gives_away_an_address(text: &str) -> bool {
    ["somebody", "a-password", "127.0.0.1", "somewhere"].iter().any(|word| text.contains(word))
}

async fn variables(database_url: &str, admin_key: &str) -> Variables {
    let manifest = tokio::task::spawn_blocking(components).await.unwrap();
    let values = [("database_url", database_url), ("admin_key", admin_key), ("rate_limits", "off")];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Variables::resolve(manifest, values, |_| None).unwrap()
}

/// The adapter's Wasm file, built: by the manifest's build if it is in the manifest.
fn wasm(package: &str) -> PathBuf {
    components().component(package).map_or_else(|| guest(package), |component| component.source.clone())
}

/// Calls a function of a port on an instance: `call!(instance.interface.call_function(arguments))`, where `instance`
/// has the fields `adapter` and `port`.
macro_rules! call {
    ($instance:ident.$interface:ident.$function:ident($($argument:expr),*)) => {{
        let interface = $instance.port.$interface();
        $instance
            .adapter
            .store
            .run_concurrent(async |accessor| interface.$function(accessor, $($argument),*).await)
            .await
            .unwrap()
            .unwrap()
    }};
}
pub(crate) use call;

/// Calls a function of a port with each of several arguments at once, on one instance; the answers in their order.
macro_rules! call_all {
    ($instance:ident.$interface:ident.$function:ident($each:pat in $all:expr => $($argument:expr),*)) => {{
        let interface = $instance.port.$interface();
        $instance
            .adapter
            .store
            .run_concurrent(async |accessor| {
                let calls = $all.into_iter().map(|$each| interface.$function(accessor, $($argument),*));
                futures::future::try_join_all(calls).await
            })
            .await
            .unwrap()
            .unwrap()
    }};
}
pub(crate) use call_all;
