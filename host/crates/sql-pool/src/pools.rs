//! All pools of a host, with their limits, their figures and the closing of what nobody uses.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

use crate::dial::Target;
use crate::error::Error;
use crate::lease::Lease;
use crate::pool::Pool;
use crate::tls::CaRoot;

/// How much of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Different addresses, counting a different CA root as another. A guest can make up user and database names, and
    /// each would get a pool.
    pub addresses: usize,
    /// Physical connections to one address. 0 counts as 1.
    pub connections_per_address: usize,
    /// How long a statement waits for one of them.
    pub wait: Duration,
    /// How long a server may take to accept a connection, login included. An address may ask for less.
    pub connect_timeout: Duration,
    /// After how long unused a connection is closed.
    pub idle: Duration,
    /// Prepared statements that a connection keeps.
    pub statements_per_connection: usize,
    /// The longest row, in bytes as the server sends it. A longer one is never held in memory; it costs its connection.
    pub row_bytes: usize,
    /// The largest result, in bytes as the host holds it, streamed or not.
    pub result_bytes: usize,
    /// How long the rest of a result may keep coming after its reader has gone, before its statement is cancelled. A
    /// statement that writes and returns a few rows should not be undone because they were not read.
    pub patience: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            addresses: 64,
            // Eight roles with a pool each are 128 at worst, more than a Postgres as installed takes (97), but a pool
            // has its 16 only while 16 statements run at once, and a full server makes idle ones be closed.
            connections_per_address: 16,
            wait: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            idle: Duration::from_mins(1),
            statements_per_connection: 256,
            row_bytes: 32 << 20,
            // Spin's.
            result_bytes: 128 << 20,
            patience: Duration::from_millis(250),
        }
    }
}

/// Figures of all pools together, for a metrics page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Physical connections now.
    pub connections_open: u64,
    /// Those of them that nobody uses.
    pub connections_idle: u64,
    /// Physical connections ever opened.
    pub connections_opened_total: u64,
    /// Those closed because they were broken, or held what a guest left behind.
    pub connections_discarded_total: u64,
    /// Statements that had to wait for a connection.
    pub waited_total: u64,
}

/// The counters behind [`Statistics`].
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) open: AtomicU64,
    pub(crate) opened_total: AtomicU64,
    pub(crate) discarded_total: AtomicU64,
    pub(crate) waited_total: AtomicU64,
}

impl Tally {
    pub(crate) fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }
}

/// The pools of a host. Cloning gives another handle to the same ones.
#[derive(Clone)]
pub struct Pools {
    registry: Arc<Registry>,
}

impl fmt::Debug for Pools {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Pools").field("statistics", &self.statistics()).finish_non_exhaustive()
    }
}

/// What the pools share.
pub(crate) struct Registry {
    pub(crate) limits: Limits,
    pub(crate) tally: Arc<Tally>,
    pools: Mutex<HashMap<Key, Arc<Pool>>>,
    is_kept_tidy: AtomicBool,
}

/// An address with its password, so never printed.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    address: String,
    ca_root: Option<CaRoot>,
}

impl Pools {
    /// Pools without any connection yet.
    pub fn new(mut limits: Limits) -> Self {
        limits.connections_per_address = limits.connections_per_address.clamp(1, Semaphore::MAX_PERMITS);
        let pools = Mutex::default();
        Self {
            registry: Arc::new(Registry {
                limits,
                tally: Arc::default(),
                pools,
                is_kept_tidy: AtomicBool::new(false),
            }),
        }
    }

    /// Gives a lease on the pool of an address, which is a URL or `key=value` pairs.
    ///
    /// Connects if the pool has no connection, so that a wrong address or an absent server shows here; otherwise it
    /// costs no round trip. `allowed_outbound_hosts` is not asked: that is the caller's to do before.
    ///
    /// # Errors
    /// [`Error::ConnectionFailed`]. It names the server and never quotes the address.
    pub async fn open(&self, address: &str, ca_root: Option<&CaRoot>) -> Result<Lease, Error> {
        let runtime = Handle::try_current().map_err(|error| Error::Other(error.to_string()))?;
        let pool = self.pool(address, ca_root, &runtime)?;
        self.keep_tidy(&runtime);
        pool.ensure_reachable().await?;
        Ok(Lease::new(pool))
    }

    /// The figures of this moment.
    pub fn statistics(&self) -> Statistics {
        let Registry { tally, .. } = &*self.registry;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Statistics {
            connections_open: read(&tally.open),
            connections_idle: self.registry.pools().iter().map(|pool| pool.idle_count() as u64).sum(),
            connections_opened_total: read(&tally.opened_total),
            connections_discarded_total: read(&tally.discarded_total),
            waited_total: read(&tally.waited_total),
        }
    }

    fn pool(&self, address: &str, ca_root: Option<&CaRoot>, runtime: &Handle) -> Result<Arc<Pool>, Error> {
        let key = Key { address: address.to_owned(), ca_root: ca_root.cloned() };
        let Registry { limits, pools, .. } = &*self.registry;
        let mut pools = pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(&key) {
            return Ok(pool.clone());
        }
        if pools.len() >= limits.addresses {
            pools.retain(|_, pool| is_wanted(pool));
        }
        if pools.len() >= limits.addresses {
            let all = limits.addresses;
            return Err(Error::ConnectionFailed(format!(
                "{all} database addresses are in use, and no more are allowed"
            )));
        }
        let target = Target::parse(address, key.ca_root.clone(), limits.connect_timeout)?;
        let pool = Arc::new(Pool::new(target, &self.registry, runtime.clone()));
        pools.insert(key, pool.clone());
        Ok(pool)
    }

    /// Starts, once, the task that closes idle connections. It ends with the pools.
    fn keep_tidy(&self, runtime: &Handle) {
        if self.registry.is_kept_tidy.swap(true, Ordering::Relaxed) {
            return;
        }
        let age = self.registry.limits.idle;
        let pause = (age / 4).clamp(Duration::from_millis(50), Duration::from_secs(15));
        let tidied: Weak<Registry> = Arc::downgrade(&self.registry);
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                match tidied.upgrade() {
                    Some(registry) => registry.close_idle(age),
                    None => return,
                }
            }
        });
    }
}

impl Registry {
    fn pools(&self) -> Vec<Arc<Pool>> {
        self.pools.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Closes every connection that has been idle for longer than `age`, and forgets pools that nobody uses.
    pub(crate) fn close_idle(&self, age: Duration) {
        for pool in self.pools() {
            pool.close_idle(age);
        }
        self.pools.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, pool| is_wanted(pool));
    }
}

/// Whether a pool has a connection, or someone besides the registry has the pool.
fn is_wanted(pool: &Arc<Pool>) -> bool {
    Arc::strong_count(pool) > 1 || pool.idle_count() > 0
}
