//! The writer: one thread that takes whatever writes are waiting, commits them together, and answers them
//! when the disk has them. While it waits for the disk the next group gathers, so groups grow with load and a
//! lone write waits for nobody.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use redb::Database;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use crate::Durability;
use crate::database::{Open, Slot, table};
use crate::error::Error;

/// Bounds on one commit, so that a burst does not make its first writers wait for its last. 512 writes of a
/// small value touch about as many pages of 4 KiB: 2 MiB, a few milliseconds.
const GROUP_WRITES: usize = 512;
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// How long a store that could not be opened again is left alone before the next attempt.
pub(crate) const REOPEN_INTERVAL: Duration = Duration::from_secs(1);

pub(crate) type Answer = oneshot::Sender<Result<(), Error>>;

pub(crate) enum Change {
    Set(Vec<u8>),
    Delete,
}

/// One write that waits for its commit.
pub(crate) struct Write {
    pub(crate) label: Arc<str>,
    pub(crate) key: String,
    pub(crate) change: Change,
    pub(crate) answer: Answer,
    /// Its share of the queue's memory, given back when the write is answered and dropped.
    pub(crate) room: OwnedSemaphorePermit,
}

impl Write {
    fn length_bytes(&self) -> usize {
        match &self.change {
            Change::Set(value) => self.key.len() + value.len(),
            Change::Delete => self.key.len(),
        }
    }
}

pub(crate) enum Message {
    Write(Write),
    Close(Answer),
}

pub(crate) struct Writer {
    pub(crate) slot: Arc<Slot>,
    pub(crate) open: Open,
    pub(crate) durability: Durability,
    pub(crate) reopen_interval: Duration,
    pub(crate) messages: Receiver<Message>,
}

impl Writer {
    /// Runs until the stores are closed or their last handle is gone, then releases the file.
    pub(crate) fn run(self) {
        let mut last_attempt = Instant::now();
        loop {
            let message = if self.slot.is_reopening() {
                let next_attempt = self.reopen_interval.saturating_sub(last_attempt.elapsed());
                match self.messages.recv_timeout(next_attempt) {
                    Ok(message) => message,
                    Err(RecvTimeoutError::Timeout) => {
                        self.reopen();
                        last_attempt = Instant::now();
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            } else {
                match self.messages.recv() {
                    Ok(message) => message,
                    Err(_) => break,
                }
            };
            let (group, closing) = self.gather(message);
            if let Some(error) = self.commit(group)
                && !matches!(error, Error::Unavailable)
            {
                tracing::error!(%error, "the key-value store could not commit and is being opened again");
                self.reopen();
                last_attempt = Instant::now();
            }
            if let Some(answer) = closing {
                // The caller may have stopped waiting; the stores are closed all the same.
                let _ = answer.send(self.slot.close());
                return;
            }
        }
        if let Err(error) = self.slot.close() {
            tracing::error!(%error, "the key-value store was not closed properly: the next start checks it");
        }
    }

    /// The writes that wait behind `first`, up to the bounds, and the request to close if it came among them.
    fn gather(&self, first: Message) -> (Vec<Write>, Option<Answer>) {
        let mut group = Vec::new();
        let mut group_bytes = 0;
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Close(answer) => return (group, Some(answer)),
                Message::Write(write) => {
                    group_bytes += write.length_bytes();
                    group.push(write);
                }
            }
            let full = group.len() >= GROUP_WRITES || group_bytes >= GROUP_BYTES;
            next = if full { None } else { self.messages.try_recv().ok() };
        }
        (group, None)
    }

    /// Commits the group and answers all of it alike: redb's transaction takes effect whole or not at all.
    fn commit(&self, mut group: Vec<Write>) -> Option<Error> {
        if group.is_empty() {
            return None;
        }
        // By label, because a table can be open only once in a transaction; by key, because pages fill better
        // in order. The sort is stable: writes to one key stay in theirs.
        group.sort_by(|one, other| (&one.label, &one.key).cmp(&(&other.label, &other.key)));
        let outcome = self.slot.with(|database| apply(database, &group, self.durability));
        for Write { answer, room, .. } in group {
            // A caller that stopped waiting has given up the answer, not the write.
            let _ = answer.send(outcome.clone());
            drop(room);
        }
        outcome.err()
    }

    fn reopen(&self) {
        match self.slot.reopen(&self.open) {
            Ok(()) => tracing::info!("the key-value store is open again"),
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the key-value store could not be opened again"
            ),
        }
    }
}

fn apply(database: &Database, group: &[Write], durability: Durability) -> Result<(), redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(match durability {
        Durability::Synced => redb::Durability::Immediate,
        Durability::Buffered => redb::Durability::None,
    })?;
    for writes in group.chunk_by(|one, next| one.label == next.label) {
        let Some(Write { label, .. }) = writes.first() else { continue };
        let mut table = transaction.open_table(table(label))?;
        for Write { key, change, .. } in writes {
            match change {
                Change::Set(value) => drop(table.insert(key.as_str(), value.as_slice())?),
                Change::Delete => drop(table.remove(key.as_str())?),
            }
        }
    }
    Ok(transaction.commit()?)
}
