//! `tradepost up`: from a manifest to a server that answers, one visible step after the other.

use crate::assembly::{self, Assembly};
use crate::cli::{Common, Up};
use crate::database::Database;
use crate::server::Server;
use crate::tick::{self, Ticker};
use anyhow::{Context as _, Result};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tradepost_manifest::Manifest;

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
    let manifest = assembly::built(&common, &options).await?;
    let database = Database::ready(&common).await?;
    let served = serve(&common, &options, &manifest, &database).await;
    database.stop().await;
    served
}

async fn serve(common: &Common, options: &Up, manifest: &Manifest, database: &Database) -> Result<()> {
    let Assembly { app, stores, admin_key } = Assembly::of(common, options, manifest, database)?;
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
