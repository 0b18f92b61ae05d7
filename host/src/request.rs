//! What the host knows of one request while it is being handled.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::watch;

/// The record of one request: who it is, what it has cost, whether anyone still waits for it.
#[derive(Debug)]
pub struct RequestRecord {
    id: Arc<str>,
    host_calls: AtomicU32,
    round_trips: AtomicU32,
    dead: watch::Sender<bool>,
}

impl RequestRecord {
    pub(crate) fn new(id: &str) -> Arc<Self> {
        Arc::new(Self {
            id: id.into(),
            host_calls: AtomicU32::new(0),
            round_trips: AtomicU32::new(0),
            dead: watch::Sender::new(false),
        })
    }

    /// The request id, as the client sees it.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// Counts a host call and says which one it is, from 1.
    pub(crate) fn count_host_call(&self) -> u32 {
        self.host_calls.fetch_add(1, Ordering::Relaxed) + 1
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
    pub(crate) async fn abandoned(&self) {
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
