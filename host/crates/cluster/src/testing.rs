//! Databases for tests: each its own copy of one that was prepared once per test process.
//!
//! ```no_run
//! use tradepost_cluster::testing::Databases;
//!
//! // The pointer is all that is static: the server starts at the first use.
//! static DATABASES: Databases = Databases::prepared_by(|url| Box::pin(async move { migrate(&url).await }));
//! # async fn migrate(_: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> { Ok(()) }
//!
//! # async fn example() {
//! let database = DATABASES.fresh().await;
//! let client = database.connect().await;
//! # }
//! ```
//!
//! Everything here panics when it fails, because then the test has failed.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test helper fails its test")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Sender};

use nix::sys::statvfs::statvfs;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};

use crate::home::random_digits;
use crate::{Cluster, Durability, Options};

/// One throw-away server per process. A static is never dropped; the cluster's watcher cleans up.
static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
/// Tells databases of one process apart.
static NEXT: AtomicU32 = AtomicU32::new(1);

/// What prepares the template, given its URL. It must have closed its connections when it is done.
pub type Prepare =
    fn(String) -> Pin<Box<dyn Future<Output = Result<(), Box<dyn Error + Send + Sync>>> + Send>>;

/// A source of equal databases.
#[derive(Debug)]
pub struct Databases {
    prepare: Prepare,
    template: OnceCell<String>,
}

impl Databases {
    /// Databases that look as `prepare` left an empty one. It runs once, at the first use.
    pub const fn prepared_by(prepare: Prepare) -> Self {
        Self { prepare, template: OnceCell::const_new() }
    }

    /// A new database, the test's own until it is dropped.
    pub async fn fresh(&self) -> TestDatabase {
        let cluster = cluster().await;
        let template = self.template.get_or_init(|| self.template(cluster)).await;
        let name = unique("test");
        cluster.create_database_from_template(&name, template).await.expect("a test database should be made");
        TestDatabase { url: cluster.url(&name), name }
    }

    async fn template(&self, cluster: &Cluster) -> String {
        let name = unique("template");
        cluster.create_database(&name).await.expect("the template database should be made");
        (self.prepare)(cluster.url(&name)).await.expect("the template database should be prepared");
        name
    }
}

/// A database of one test, dropped soon after this value.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
}

impl TestDatabase {
    /// Its URL, as the superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A connection to it, as the superuser.
    pub async fn connect(&self) -> Client {
        let (client, connection) =
            tokio_postgres::connect(&self.url, NoTls).await.expect("the test database should answer");
        tokio::spawn(connection);
        client
    }
}

impl TestDatabase {
    /// Ends all sessions of others, as the server's restart would.
    pub async fn cut_off_others(&self) {
        let others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
                      WHERE datname = current_database() AND pid <> pg_backend_pid()";
        self.connect().await.execute(others, &[]).await.expect("sessions of the test database should end");
    }

    /// A new database with what is in this one, to which nobody may be connected meanwhile.
    pub async fn copy(&self) -> Self {
        let cluster = cluster().await;
        let name = unique("copy");
        cluster
            .create_database_from_template(&name, &self.name)
            .await
            .expect("the test database should be copied");
        Self { url: cluster.url(&name), name }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // Whatever is not dropped when the process ends goes with the cluster.
        let _ = DROPPER.send(std::mem::take(&mut self.name));
    }
}

/// Takes the names of databases to drop.
///
/// A thread of its own, which nobody waits for: DROP DATABASE waits until every session of the server has taken
/// note, and one that is just logging in takes none. Were a test's runtime blocked here while another future of it
/// logs in, both would hang until the server's `authentication_timeout`, one minute.
static DROPPER: LazyLock<Sender<String>> = LazyLock::new(|| {
    let (sender, names) = mpsc::channel::<String>();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        for name in names {
            if let Some(cluster) = CLUSTER.get() {
                let _ = runtime.block_on(cluster.drop_database(&name));
            }
        }
        std::io::Result::Ok(())
    });
    sender
});

async fn cluster() -> &'static Cluster {
    CLUSTER
        .get_or_init(|| async {
            // Random, because process ids come round again, in containers soon.
            let name = format!("tradepost-tests-{}", random_digits().expect("the system has random bytes"));
            Cluster::start(Options::new(scratch_directory().join(name), Durability::Throwaway))
                .await
                .expect("a throw-away Postgres should start")
        })
        .await
}

/// A directory in memory where there is one with room, else the system's for temporary files.
///
/// A database is some hundred files. On a disk the making and dropping of one after another takes more of the processor
/// than all that is done with them: ext4 looks, for each new file, at all that were deleted in the last seconds.
fn scratch_directory() -> PathBuf {
    /// Many times what any test has needed.
    const ROOM: u64 = 8 << 30;

    let in_memory = Path::new("/dev/shm");
    let free = statvfs(in_memory).map(|about| about.blocks_available() * about.fragment_size());
    if free.is_ok_and(|free| free >= ROOM) { in_memory.to_owned() } else { std::env::temp_dir() }
}

fn unique(prefix: &str) -> String {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{prefix}_{}_{number}", std::process::id())
}
