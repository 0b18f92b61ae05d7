//! A private Postgres server under a directory of one's own: what `tradepost up` uses when nobody names a
//! database, and what tests run on.
//!
//! It needs the Postgres programs, installed or (with the feature `download`) fetched once. It listens on
//! 127.0.0.1 only, with a random password that is kept in a file of mode 0600. Unix only: elsewhere, set
//! `DATABASE_URL`.
//!
//! ```no_run
//! # async fn example() -> Result<(), tradepost_cluster::ClusterError> {
//! use tradepost_cluster::{Cluster, Durability, Options};
//!
//! let options = Options::new(".tradepost/postgres", Durability::Durable).on_progress(|step| println!("{step}"));
//! let cluster = Cluster::start(options).await?;
//! cluster.create_database("tradepost").await?;
//! serve(&cluster.url("tradepost"));
//! cluster.stop().await
//! # }
//! # fn serve(_: &str) {}
//! ```

mod account;
mod binaries;
mod cluster;
mod databases;
#[cfg(feature = "download")]
mod download;
mod error;
mod home;
mod initdb;
mod options;
mod postmaster;
#[cfg(feature = "testing")]
pub mod testing;
mod watcher;

pub use cluster::Cluster;
pub use error::ClusterError;
pub use options::{Durability, Options};
