//! What the host knows of one request: while it is being handled, and while what it left running goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::watch;

/// The record of one request: who it is, what it has cost, whether anyone still waits for it.
#[derive(Debug)]
pub struct RequestRecord {
    id: Arc<str>,
    cascade: Arc<Cascade>,
    chained: AtomicU32,
    host_calls: AtomicU32,
    round_trips: AtomicU32,
    dead: watch::Sender<bool>,
}

/// A request of a client and all requests that components sent to each other because of it.
#[derive(Debug)]
struct Cascade {
    id: Arc<str>,
    host_calls: AtomicU32,
}

impl RequestRecord {
    pub(crate) fn new(id: &str) -> Arc<Self> {
        let id: Arc<str> = id.into();
        let cascade = Cascade { id: id.clone(), host_calls: AtomicU32::new(0) };
        Self::within(id, Arc::new(cascade))
    }

    fn within(id: Arc<str>, cascade: Arc<Cascade>) -> Arc<Self> {
        Arc::new(Self {
            id,
            cascade,
            chained: AtomicU32::new(0),
            host_calls: AtomicU32::new(0),
            round_trips: AtomicU32::new(0),
            dead: watch::Sender::new(false),
        })
    }

    /// The record of a request that a component sends to another because of this one: `<id>.1` is the first.
    pub(crate) fn chain(&self) -> Arc<Self> {
        let number = self.chained.fetch_add(1, Ordering::Relaxed) + 1;
        Self::within(format!("{}.{number}", self.id).into(), self.cascade.clone())
    }

    /// The request id, as the client sees it.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// The id of the client's request that this one is a consequence of; its own if it is that one.
    pub fn cascade_id(&self) -> &Arc<str> {
        &self.cascade.id
    }

    /// Counts a host call and says which one it is, from 1: of this request, and of its cascade.
    pub(crate) fn count_host_call(&self) -> (u32, u32) {
        let one = |calls: &AtomicU32| calls.fetch_add(1, Ordering::Relaxed) + 1;
        (one(&self.host_calls), one(&self.cascade.host_calls))
    }

    pub(crate) fn count_round_trips(&self, trips: u32) {
        self.round_trips.fetch_add(trips, Ordering::Relaxed);
    }

    /// Host calls made so far.
    pub fn host_calls(&self) -> u32 {
        self.host_calls.load(Ordering::Relaxed)
    }

    /// Round trips to Postgres made so far.
    pub fn round_trips(&self) -> u32 {
        self.round_trips.load(Ordering::Relaxed)
    }

    /// Says that nobody waits for the answer any more.
    pub(crate) fn abandon(&self) {
        self.dead.send_replace(true);
    }

    /// Ends when nobody waits for the answer any more; as a rule never.
    pub async fn abandoned(&self) {
        let mut dead = self.dead.subscribe();
        if dead.wait_for(|dead| *dead).await.is_err() {
            // The sender lives in `self`, so it cannot be gone while this runs.
            std::future::pending::<()>().await;
        }
    }
}

/// Abandons a request unless it is told that the answer was given: dropped when the client goes away.
pub(crate) struct AbandonOnDrop(Option<Arc<RequestRecord>>);

impl AbandonOnDrop {
    pub(crate) fn new(record: Arc<RequestRecord>) -> Self {
        Self(Some(record))
    }

    pub(crate) fn answered(mut self) {
        self.0 = None;
    }
}

impl Drop for AbandonOnDrop {
    fn drop(&mut self) {
        if let Some(record) = &self.0 {
            record.abandon();
        }
    }
}
