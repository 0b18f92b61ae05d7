//! `tradepost up`: from a manifest to a server that answers, one visible step after the other.

use crate::admin_key::AdminKey;
use crate::app::{App, Parts};
use crate::cli::{Common, Up};
use crate::compilation::Loaded;
use crate::component_build;
use crate::database::Database;
use crate::engine::Engine;
use crate::inputs::Inputs;
use crate::server::Server;
use crate::tick::{self, Ticker};
use anyhow::{Context as _, Result};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::Duration;
use std::{env, fs};
use tokio::signal::unix::{SignalKind, signal};
use tradepost_key_value::Stores;
use tradepost_manifest::{Manifest, Variables, environment_name};
use tradepost_sql_pool::Pools;

/// Says on standard error what is being done.
pub(crate) fn step(text: &str) {
    tracing::info!("{text}");
}

/// Makes the data directory, for its owner alone: it holds the admin key, the database and compiled code.
pub(crate) fn make_data_directory(data: &Path) -> Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| format!("cannot create the data directory {}", data.display()))
}

/// Runs until a signal says stop.
pub(crate) async fn up(common: Common, options: Up) -> Result<()> {
    let manifest = Manifest::read(&common.manifest)?;
    make_data_directory(&common.data)?;
    if !options.no_build {
        // Building is cargo's work and blocks; the database can start meanwhile.
        let manifest = manifest.clone();
        let build = tokio::task::spawn_blocking(move || component_build::build(&manifest, step));
        build.await.context("building the components panicked")??;
    }
    let database = Database::ready(&common).await?;
    let served = serve(&common, options, &manifest, &database).await;
    database.stop().await;
    served
}

async fn serve(common: &Common, options: Up, manifest: &Manifest, database: &Database) -> Result<()> {
    let admin_key = AdminKey::resolve(options.admin_key.clone(), &common.data)?;
    // What this command knows by itself, unless the operator says otherwise; the host, so that components reach
    // the one database there is and no other.
    let known = [
        ("database_url", database.url()),
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
    let pools = Pools::new(limits.pools());
    let parts = Parts {
        manifest,
        variables: &variables,
        engine: &engine,
        limits,
        pools,
        stores: stores.clone(),
        seam: None,
        inputs: Inputs::default(),
    };
    let app = App::load(parts, |loaded: Loaded<'_>| {
        if !loaded.cached {
            step(&format!("compiled {} ({}/{})", loaded.component, loaded.done, loaded.total));
        }
    })?;
    let server = Server::bind(options.listen, app.clone()).await?;
    let address = server.address()?;
    let stop = stop_signal()?;
    step(&admin_key.whereabouts());
    let mut stdout = std::io::stdout();
    writeln!(stdout, "tradepost ready on http://{address}")?;
    stdout.flush()?;
    let ticker =
        (options.tick > 0).then(|| Ticker::start(app, admin_key.expose(), Duration::from_secs(options.tick)));
    tick::serve(server, ticker, stop).await;
    // Idle instances may outlive the server by seconds, and hold on to the stores.
    stores.close().await.context("the key-value store did not close cleanly")?;
    step("stopped");
    Ok(())
}

/// Ends at the first SIGINT or SIGTERM.
fn stop_signal() -> Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        step("stopping: requests in flight are finished first");
    })
}
