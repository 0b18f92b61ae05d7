//! The life of a cluster: found or created, started or taken over, stopped by whoever leaves last.

use std::fs::{self, File};
use std::path::Path;

use tokio::runtime::Handle;

use crate::account::Account;
use crate::binaries::{self, Binaries, Wanted};
use crate::databases::data_directory;
use crate::home::{Home, Password, is_last_user};
use crate::postmaster::Postmaster;
use crate::watcher::Watcher;
use crate::{ClusterError, Durability, Options, initdb};

/// A running private Postgres server.
///
/// Several processes may use the same directory: the first starts the server, the last one to leave stops it.
/// Dropping the value leaves as [`Cluster::stop`] does, and blocks until that is done.
pub struct Cluster {
    home: Home,
    durability: Durability,
    password: Password,
    postmaster: Postmaster,
    watcher: Option<Watcher>,
    /// `None` once we have left.
    users: Option<File>,
}

impl Cluster {
    /// Starts the server in the options' directory, creating the cluster if there is none; takes over one that
    /// runs there already. Recovers from a crash of an earlier one.
    ///
    /// When run as root, the server runs as `postgres` or else `nobody`. If that account cannot reach the
    /// directory, as under `/root`, the data goes to a new directory in `/var/lib/tradepost`, and `data` becomes a
    /// link to it.
    pub async fn start(options: Options) -> Result<Self, ClusterError> {
        let runtime = Handle::current();
        // Everything here waits for processes and files. If the caller goes away meanwhile, the finished cluster
        // is dropped, and so stopped.
        tokio::task::spawn_blocking(move || launch(options, &runtime))
            .await
            .map_err(|_| ClusterError::Interrupted)?
    }

    /// Leaves the cluster. The last one to leave ends the server and waits until its data is on the disk; a
    /// throw-away cluster's directory is deleted.
    pub async fn stop(mut self) -> Result<(), ClusterError> {
        tokio::task::spawn_blocking(move || self.leave()).await.map_err(|_| ClusterError::Interrupted)?
    }

    pub(crate) fn address(&self) -> (u16, &Password) {
        (self.postmaster.port, &self.password)
    }

    fn leave(&mut self) -> Result<(), ClusterError> {
        let Some(users) = self.users.take() else { return Ok(()) };
        let lock = self.home.lock()?;
        if is_last_user(&users) {
            self.postmaster.stop(&self.home, self.durability)?;
        }
        drop(lock);
        if let Some(watcher) = self.watcher.take() {
            // The data may stand elsewhere, behind a link.
            if let Some(data) = self.home.data() {
                remove(&data)?;
            }
            remove(self.home.directory())?;
            watcher.dismiss();
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Best effort: there is nobody to tell.
        let _ = self.leave();
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Cluster")
            .field("directory", &self.home.directory())
            .field("durability", &self.durability)
            .field("port", &self.postmaster.port)
            .finish_non_exhaustive()
    }
}

fn launch(mut options: Options, runtime: &Handle) -> Result<Cluster, ClusterError> {
    let home = Home::open(&options.directory)?;
    let durability = options.durability;
    let watcher = match durability {
        Durability::Durable => None,
        Durability::Throwaway if home.is_empty()? => Some(Watcher::start(home.directory())?),
        Durability::Throwaway => return Err(ClusterError::NotEmpty { path: home.directory().to_owned() }),
    };
    let lock = home.lock()?;
    let users = Some(home.join_users()?);
    // The last step that can fail: once the server runs there is a `Cluster` that stops it.
    let (password, postmaster) = match home.data() {
        Some(data) => resume(&home, &data, &mut options, runtime)?,
        None => begin(&home, &mut options, runtime)?,
    };
    drop(lock);
    Ok(Cluster { home, durability, password, postmaster, watcher, users })
}

/// The server on data that is there already: the one that runs, or a new one.
fn resume(
    home: &Home,
    data: &Path,
    options: &mut Options,
    runtime: &Handle,
) -> Result<(Password, Postmaster), ClusterError> {
    let password = home.password()?;
    let running = Postmaster::find(data, |port| {
        let told = runtime.block_on(data_directory(port, &password));
        told.is_ok_and(|told| Path::new(&told) == data)
    })?;
    if let Some(running) = running {
        return Ok((password, running));
    }
    let account = Account::for_server()?;
    let wanted = Wanted::Exactly(Home::data_version(data)?);
    let binaries = programs(options, wanted, &account, runtime)?;
    (options.progress)("starting Postgres");
    Ok((password, Postmaster::start(home, data, &binaries, &account, options.durability)?))
}

/// The server on data that is created for it.
fn begin(
    home: &Home,
    options: &mut Options,
    runtime: &Handle,
) -> Result<(Password, Postmaster), ClusterError> {
    let account = Account::for_server()?;
    let binaries = programs(options, Wanted::Any, &account, runtime)?;
    (options.progress)("creating the database cluster (first start)");
    let data = initdb::create(home, &binaries, &account, options.durability)?;
    let password = home.password()?;
    (options.progress)("starting Postgres");
    Ok((password, Postmaster::start(home, &data, &binaries, &account, options.durability)?))
}

/// The programs, downloaded if that is allowed and none are installed.
#[cfg_attr(not(feature = "download"), expect(unused_variables, reason = "only a download needs the runtime"))]
fn programs(
    options: &mut Options,
    wanted: Wanted,
    account: &Account,
    runtime: &Handle,
) -> Result<Binaries, ClusterError> {
    let found = binaries::find(options.binaries.as_deref(), wanted, account);
    #[cfg(feature = "download")]
    if found.is_err() && options.binaries.is_none() {
        (options.progress)("downloading Postgres, because none is installed");
        runtime.block_on(crate::download::fetch(wanted))?;
        return binaries::find(None, wanted, account);
    }
    found
}

fn remove(directory: &Path) -> Result<(), ClusterError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(ClusterError::file("delete", directory)(error))
        }
        _ => Ok(()),
    }
}
