//! What the `tradepost` command understands.

use crate::database::Database;
use crate::limits::Limits;
use crate::networks::Network;
use crate::rebuild::RebuildViews;
use crate::seed::Seed;
use crate::{logging, rebuild, seed, up};
use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Runs the Tradepost order backend on this machine.
///
/// Without a subcommand it does `up`: builds the WebAssembly components that spin.toml names, starts a private
/// Postgres (or uses yours), brings its schema up to date and serves the HTTP API.
#[derive(Parser)]
#[command(name = "tradepost", version)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    up: Up,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Build, start the database, migrate and serve (the default).
    Up,
    /// Bring the database's schema up to date and stop.
    Migrate,
    /// Fill a running Tradepost with a believable shop.
    Seed(Seed),
    /// Make everything that readers are shown again from the events. Tradepost must not be running.
    RebuildViews(RebuildViews),
}

/// What every subcommand wants to know.
#[derive(Args, Clone)]
pub(crate) struct Common {
    /// The application's manifest.
    #[arg(long, global = true, value_name = "FILE", default_value = "spin.toml")]
    pub(crate) manifest: PathBuf,
    /// Where this installation keeps its state: the private database, views, compiled code, the admin key.
    #[arg(long, global = true, value_name = "DIRECTORY", default_value = ".tradepost")]
    pub(crate) data: PathBuf,
    /// The Postgres database to use, as postgres://user:password@host:port/database. Without it a private
    /// cluster is started under the data directory.
    #[arg(long, global = true, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
}

/// What `up` wants to know.
#[derive(Args, Clone)]
pub(crate) struct Up {
    /// The address to serve on; port 0 takes a free one.
    #[arg(long, global = true, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    pub(crate) listen: SocketAddr,
    /// Serve HTTPS with this certificate, a PEM file with the chain below it. SIGHUP has it read again.
    #[arg(long, global = true, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key, a PEM file that nobody else may read.
    #[arg(long, global = true, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Run the components as they are, without building them.
    #[arg(long, global = true)]
    pub(crate) no_build: bool,
    /// Set an application variable of the manifest; `SPIN_VARIABLE_<NAME>` in the environment does the same.
    #[arg(long = "variable", global = true, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(crate) variables: Vec<(String, String)>,
    /// A network, as 10.0.0.0/8, that components may reach over HTTP beside the open Internet; `private` is every other.
    #[arg(long = "allow-network", global = true, value_name = "NETWORK")]
    pub(crate) allowed_networks: Vec<Network>,
    /// Seconds between two ticks, which bring about what is due by the time alone; 0 leaves them to a cron of yours.
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 1)]
    pub(crate) tick: u64,
    /// The key that admits the operator; without it one is made and kept in the data directory.
    #[arg(long, global = true, env = "TRADEPOST_ADMIN_KEY", hide = true, hide_env_values = true)]
    pub(crate) admin_key: Option<String>,
    /// Seconds that a request may take; then it is answered with 504.
    #[arg(long, global = true, value_name = "SECONDS")]
    request_deadline: Option<u64>,
    /// Largest request body, in bytes; then 413.
    #[arg(long, global = true, value_name = "BYTES")]
    request_body: Option<u64>,
    /// Requests handled at once; then 503.
    #[arg(long, global = true, value_name = "NUMBER")]
    concurrent_requests: Option<usize>,
    /// Client connections at once; more wait to be accepted.
    #[arg(long, global = true, value_name = "NUMBER")]
    connections: Option<usize>,
    /// Seconds that a connection without a request is kept.
    #[arg(long, global = true, value_name = "SECONDS")]
    keep_alive: Option<u64>,
    /// Seconds that requests in flight may take to finish after a signal to stop.
    #[arg(long, global = true, value_name = "SECONDS")]
    drain: Option<u64>,
    /// Memory of each module of a component instance, in MiB.
    #[arg(long, global = true, value_name = "MIB")]
    instance_memory: Option<usize>,
    /// Connections to Postgres.
    #[arg(long, global = true, value_name = "NUMBER")]
    postgres_connections: Option<usize>,
}

impl Up {
    /// The limits as the flags change them.
    pub(crate) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        if let Some(seconds) = self.request_deadline {
            limits.request_deadline = Duration::from_secs(seconds);
        }
        if let Some(bytes) = self.request_body {
            limits.request_body_bytes = bytes;
        }
        if let Some(requests) = self.concurrent_requests {
            limits.concurrent_requests = requests;
        }
        if let Some(connections) = self.connections {
            limits.connections = connections;
        }
        if let Some(seconds) = self.keep_alive {
            limits.keep_alive = Duration::from_secs(seconds);
        }
        if let Some(seconds) = self.drain {
            limits.drain = Duration::from_secs(seconds);
        }
        if let Some(mib) = self.instance_memory {
            limits.instance_memory_bytes = mib << 20;
        }
        if let Some(connections) = self.postgres_connections {
            limits.postgres_connections = connections;
        }
        limits
    }
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .ok_or_else(|| "a variable is set as NAME=VALUE".to_owned())
}

impl Cli {
    /// Does what the command line says.
    pub fn run(self) -> ExitCode {
        let log = logging::start();
        let done = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(anyhow::Error::from)
            .and_then(|runtime| {
                runtime.block_on(async {
                    match self.command {
                        None | Some(Command::Up) => up::up(self.common, self.up).await,
                        Some(Command::Migrate) => migrate(&self.common).await,
                        Some(Command::RebuildViews(options)) => {
                            rebuild::command(&self.common, &self.up, &options).await
                        }
                        Some(Command::Seed(seed)) => seed::seed(&self.common, self.up.admin_key, &seed).await,
                    }
                })
            });
        // What is left in the log comes before the error, which is the last word.
        drop(log);
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            }
        }
    }
}

async fn migrate(common: &Common) -> Result<()> {
    up::make_data_directory(&common.data)?;
    let database = Database::ready(common).await?;
    database.stop().await;
    Ok(())
}
