//! The Postgres side of `spin:postgres`: pools, kept leases and typed values, with no WebAssembly in it.
//!
//! A guest's `connection` resource is a [`Lease`]. Guests keep theirs for as long as they live and are mostly
//! idle, so a lease holds no physical connection: each statement takes one from the pool of its address, has it to
//! itself, and gives it back. A lease is bound to one physical connection only while that connection holds
//! something of the guest's:
//!
//! - **A transaction.** `BEGIN` binds; the binding ends when the server says that the transaction has. Its status
//!   is read off the wire (each answer of the server ends with it), not guessed from the SQL.
//! - **Session state**: `SET`, `LISTEN`, `PREPARE`, `DECLARE`, temporary tables, session advisory locks and
//!   whatever else [is not known to leave none](Lease). It binds until the lease is dropped.
//!
//! Consequences worth knowing:
//!
//! - A dropped lease with a transaction open is rolled back and its connection closed. A clean connection goes back
//!   without a round trip.
//! - A physical connection serves one statement at a time. So a cancellation cannot hit a neighbour, a slow reader
//!   of rows delays nobody else, and a late answer has nobody to reach. Pipelining everyone's statements over one
//!   connection costs less (10 µs of processor time for a small select, client and server together, against 16) but
//!   its inserts commit one after the other: at 32 concurrent requests 300 to 3,000/s, where the pool's 16
//!   connections make 14,000 to 24,000/s. Measured with `examples/throughput.rs` on two cores.
//! - Statements that a guest sends without waiting for each other may run at once and in any order, unless the
//!   lease is bound; then they run in the order they were sent.
//! - State that a function sets behind a plain `SELECT` (`lastval()`, a `SET` inside PL/pgSQL) is not seen, so the
//!   next statement may not find it. A changed parameter that the server reports (`TimeZone` and its like) makes
//!   the connection be closed, not reused.
//!
//! ```no_run
//! # async fn example() -> Result<(), tradepost_sql_pool::Error> {
//! use tradepost_sql_pool::{Limits, Parameter, Pools, Value};
//!
//! let pools = Pools::new(Limits::default());
//! let lease = pools.open("postgres://app:secret@localhost/shop", None).await?;
//! let rows = lease.query("SELECT on_hand FROM stock WHERE sku = $1", &[Parameter::Str("TEA-1".to_owned())]).await?;
//! match rows.whole() {
//!     Ok(small) => assert_eq!(small.rows, [[Value::Int32(7)]]),
//!     Err(large) => assert!(!large.columns().is_empty(), "to be read as a stream"),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A statement that fails is repeated only where it certainly had not begun: the connection was found closed before
//! anything was sent, or a cached plan was refused before execution.

mod cache;
mod checkout;
mod decode;
mod dial;
mod effect;
mod encode;
mod error;
mod lease;
mod observer;
mod pool;
mod pools;
mod range;
mod rows;
mod session;
mod tls;
mod value;

pub use dial::{Destination, connect, destinations};
pub use error::{DbError, Error, QueryError};
pub use lease::{Executed, Lease};
pub use pools::{Limits, Pools, Statistics};
pub use rows::{Row, Rows, Whole};
pub use session::Trips;
pub use tls::CaRoot;
pub use value::{
    BoundKind, Column, DataType, Date, Datetime, Interval, Parameter, Range, RangeBound, Time, Value,
};
