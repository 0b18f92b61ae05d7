//! The physical connections to one address.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::checkout::Checkout;
use crate::dial::Target;
use crate::error::Error;
use crate::pools::{Limits, Registry, Tally};
use crate::session::{Session, Trips};

/// How long to wait before asking a full server again.
const FULL_SERVER_PAUSE: Duration = Duration::from_millis(50);

/// As many permits as there may be connections; each session in use has one, and each idle one leaves one over.
pub(crate) struct Pool {
    target: Target,
    limits: Limits,
    permits: Arc<Semaphore>,
    /// The last one put back is the first one taken: it has the most statements prepared, and those below it grow old
    /// enough to be closed.
    #[expect(clippy::vec_box, reason = "sessions come and go in their boxes, with every statement")]
    idle: Mutex<Vec<Box<Session>>>,
    registry: Weak<Registry>,
    tally: Arc<Tally>,
    runtime: Handle,
}

impl Pool {
    pub(crate) fn new(target: Target, registry: &Arc<Registry>, runtime: Handle) -> Self {
        let limits = registry.limits.clone();
        let permits = Arc::new(Semaphore::new(limits.connections_per_address));
        let tally = registry.tally.clone();
        Self {
            target,
            limits,
            permits,
            idle: Mutex::default(),
            registry: Arc::downgrade(registry),
            tally,
            runtime,
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Where it leads to, for a log.
    pub(crate) fn name(&self) -> &str {
        self.target.name()
    }

    /// Takes a session: an idle one, or a new one, or the next that is put back.
    pub(crate) async fn checkout(self: &Arc<Self>, trips: &mut Trips) -> Result<Checkout, Error> {
        let permit = match self.permits.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.permit().await?,
        };
        let session = match self.take_idle() {
            Some(session) => session,
            // Boxed: what is rare and large is not carried by every statement.
            None => Box::pin(self.dial(trips)).await?,
        };
        Ok(Checkout::new(self.clone(), session, permit))
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Error> {
        Tally::add(&self.tally.waited_total, 1);
        let permit = tokio::time::timeout(self.limits.wait, self.permits.clone().acquire_owned()).await;
        // The semaphore is never closed.
        permit.ok().and_then(Result::ok).ok_or_else(|| {
            Error::ConnectionFailed(format!("no connection became free within {:?}", self.limits.wait))
        })
    }

    /// Opens a session for a holder of a permit. A full server is asked again for a while: some other pool's idle
    /// connections, which are closed for it, may have been too many.
    pub(crate) async fn dial(&self, trips: &mut Trips) -> Result<Box<Session>, Error> {
        let deadline = Instant::now() + self.limits.wait;
        loop {
            match self.target.dial(self.limits.row_bytes).await {
                Ok(dialed) => {
                    trips.connect += 1;
                    return Ok(Session::new(dialed, self.limits.statements_per_connection, &self.tally));
                }
                Err(refusal) if refusal.is_full && Instant::now() < deadline => {
                    if let Some(registry) = self.registry.upgrade() {
                        registry.close_idle(Duration::ZERO);
                    }
                    tokio::time::sleep(FULL_SERVER_PAUSE).await;
                    if let Some(session) = self.take_idle() {
                        return Ok(session);
                    }
                }
                Err(refusal) => return Err(refusal.into()),
            }
        }
    }

    fn take_idle(&self) -> Option<Box<Session>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let session = idle.pop()?;
            // It may have been closed, or a reload of the server's configuration may have changed it.
            if session.is_still_clean() {
                return Some(session);
            }
        }
    }

    /// Puts a clean session back. In this order: whoever gets the permit finds the session.
    pub(crate) fn park(&self, mut session: Box<Session>, permit: OwnedSemaphorePermit) {
        session.parked_at = Instant::now();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        drop(permit);
    }

    /// Fails if the server cannot be reached, as far as that is not known already.
    pub(crate) async fn ensure_reachable(self: &Arc<Self>) -> Result<(), Error> {
        let in_use = self.permits.available_permits() < self.limits.connections_per_address;
        if in_use
            || self
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .iter()
                .any(|session| session.is_clean())
        {
            return Ok(());
        }
        self.checkout(&mut Trips::default()).await.map(drop)
    }

    /// Closes what has been idle for longer than `age`, or is closed already.
    pub(crate) fn close_idle(&self, age: Duration) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|session| session.is_clean() && session.parked_at.elapsed() < age);
    }

    pub(crate) fn idle_count(&self) -> usize {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
