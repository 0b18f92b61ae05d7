//! Brings a database's schemas up to date: every bounded context's `migrations/<context>/NNNN_name.sql`, embedded.
//!
//! Contexts are applied in alphabetical order and know nothing of each other. Each file runs in a transaction of
//! its own and is remembered in `tradepost_migrations.<context>`. One advisory lock makes two hosts that start at
//! once take turns, so the second finds nothing to do.
//!
//! ```no_run
//! # async fn example(mut client: tokio_postgres::Client) -> Result<(), tradepost_migrations::MigrationError> {
//! use tradepost_migrations::{Step, migrate};
//!
//! let report = migrate(&mut client, |step| match step {
//!     Step::Waiting => println!("another process is migrating this database"),
//!     Step::Applied(file) => println!("applied {file}"),
//! })
//! .await?;
//! println!("{} applied, {} were there", report.applied.len(), report.already);
//! # Ok(())
//! # }
//! ```

mod error;
mod file;
mod login;
mod run;

pub use error::MigrationError;
pub use file::{EMBEDDED, MigrationFile};
pub use login::{LOGIN, grant_login};
pub use run::{Report, Step, migrate, migrate_files};
