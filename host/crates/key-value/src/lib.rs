//! The embedded key-value store behind the host's `spin:key-value`: named stores in one file of a directory,
//! read in microseconds, written durably.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! # let dir = tempfile::tempdir()?;
//! # let dir = dir.path();
//! let stores = tradepost_key_value::Stores::open(dir)?;
//! let views = stores.label("default")?;
//! views.set("order:0198", b"{}".to_vec()).await?;
//! assert_eq!(views.get("order:0198")?, Some(b"{}".to_vec()));
//! stores.close().await?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Why redb
//!
//! Chosen by measurement over fjall and `SQLite`. Each was given the same program: 100,000 entries of 1 kB
//! under keys like `order:<uuid>`, gets of random keys that all fit in the caches, sets handed to one thread
//! that commits whatever waits and answers after the sync. redb 4.6 began a read transaction for each get, as
//! this crate does; fjall 3.1 wrote batches with `SyncData`; `SQLite` 3 came through rusqlite 0.41 with a
//! write-ahead log, `synchronous = FULL`, a memory map, cached statements and a connection a thread. Two
//! virtual cores, ext4, rounds in turn while other builds ran on the machine: medians are those of the
//! typical round, rates and times of sets those of the quietest, since noise only takes away.
//!
//! | | redb | fjall | `SQLite` |
//! |---|---|---|---|
//! | get, hit, median | 1.7 µs | 2.4 µs | 2.8 µs |
//! | get, miss, median | 1.3 µs | 0.4 µs | 1.7 µs |
//! | gets by 8 threads | 670,000/s | 610,000/s | 700,000/s |
//! | get beside 8 writers, median | 4.8 µs | 9.3 µs | 14 µs |
//! | the same, 99th percentile | 20 µs | 32 µs | 150 µs |
//! | the same, the slowest in a round | 0.2 to 9 ms | 19 to 195 ms | 4 to 32 ms |
//! | set by 1 writer, median | 120 µs | 50 µs | 46 µs |
//! | sets by 32 writers | 27,000/s | 69,000/s | 47,000/s |
//! | the same, 99.9th percentile | 10 ms | 35 ms | 15 ms |
//! | resident after reading all | 142 MB, or as set | 80 MB | 144 MB, mapped |
//! | file | 139 MB | 106 to 171 MB | 146 MB |
//! | open after SIGKILL | 0.4 to 0.7 s | 0.15 to 0.4 s | 1 to 10 ms |
//! | clean build, processor time | 22 s, 1 crate more | 36 s, 38 crates | 54 s, 14 crates and C |
//!
//! Reads are the hot path and run on the executor's threads, so what decides is that they stay short beside
//! writers: fjall's gets stalled for tens of milliseconds in every round. A set costs twice as much as
//! elsewhere, but a tenth of a millisecond is little beside the Postgres commit it follows. The file lock,
//! and the checksums that find damage, come with it.
//!
//! Roads not taken: a read transaction kept between commits saves 0.4 µs a get but keeps freed pages from
//! being reused. redb's quick repair makes the open after a crash instant but doubles the time of every set,
//! by a second sync and another table to write.
//!
//! Through this crate, its cache at the default of 64 MiB, in the quietest round: get 3 µs, set by 1 writer
//! 0.11 ms (8,600/s), sets by 32 writers 32,000/s, resident 86 MB. With many threads the C library's
//! allocator may keep as much again. `examples/measure.rs` prints these for another machine.

mod database;
#[cfg(test)]
mod durability_tests;
mod error;
mod keys;
mod limits;
#[cfg(test)]
mod simulated_disk;
mod stores;
mod writer;

pub use error::{Error, OpenError};
pub use keys::Keys;
pub use limits::{MAX_KEY_BYTES, MAX_LABEL_BYTES, MAX_VALUE_BYTES};
pub use stores::{Durability, Options, Store, Stores};
