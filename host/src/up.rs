//! `tradepost up`: from a manifest to a server that answers, one visible step after the other.

use crate::assembly::{self, Assembly};
use crate::cli::{Common, Up};
use crate::database::Database;
use crate::server::{Server, Tls};
use crate::tick::{self, Ticker};
use anyhow::{Context as _, Result};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
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
    // Before anything that takes long: a wrong path is found out at once.
    let tls = match (&options.tls_cert, &options.tls_key) {
        (Some(certificate), Some(key)) => Some(Tls::read(certificate, key)?),
        _ => None,
    };
    let manifest = assembly::built(&common, &options).await?;
    let database = Database::ready(&common).await?;
    let served = serve(&common, &options, tls, &manifest, &database).await;
    database.stop().await;
    served
}

async fn serve(
    common: &Common,
    options: &Up,
    tls: Option<Arc<Tls>>,
    manifest: &Manifest,
    database: &Database,
) -> Result<()> {
    let Assembly { app, stores, admin_key } = Assembly::of(common, options, manifest, database)?;
    let server = Server::bind(options.listen, app.clone(), tls.clone()).await?;
    let address = server.address()?;
    let stop = stop_signal()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    if let Some(tls) = tls {
        reload_on_hangup(tls)?;
    }
    step(&admin_key.whereabouts());
    let mut stdout = std::io::stdout();
    writeln!(stdout, "tradepost ready on {scheme}://{address}")?;
    stdout.flush()?;
    let ticker =
        (options.tick > 0).then(|| Ticker::start(app, admin_key.expose(), Duration::from_secs(options.tick)));
    tick::serve(server, ticker, stop).await;
    // Idle instances may outlive the server by seconds, and hold on to the stores.
    stores.close().await.context("the key-value store did not close cleanly")?;
    step("stopped");
    Ok(())
}

/// Reads the certificate again at each SIGHUP.
fn reload_on_hangup(tls: Arc<Tls>) -> Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match tls.reload() {
                Ok(()) => step("read the TLS certificate again"),
                Err(error) => {
                    tracing::error!("the TLS certificate stays as it was: {error:#}");
                }
            }
        }
    });
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
