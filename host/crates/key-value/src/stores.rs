//! The handles: [`Stores`] for a directory, [`Store`] for one label in it.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use redb::{Database, ReadableDatabase};
use tokio::sync::{Semaphore, oneshot};

use crate::database::{Open, Slot, open_in};
use crate::error::{Error, OpenError};
use crate::keys::Keys;
use crate::limits::{check_key, check_label, check_value};
use crate::writer::{Change, Message, REOPEN_INTERVAL, Write, Writer};

/// Memory that waiting writes may take together. Whoever comes when it is used up waits in line; nothing is
/// refused. Thirty-two of the largest values, or some thousands of usual ones.
const QUEUE_KIB: usize = 32 * 1024;

/// When a write is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// When it is on the disk: neither a killed process nor a power failure loses it.
    #[default]
    Synced,
    /// When it can be read. Only a proper close brings it to the disk: after a crash every write since the
    /// open may be gone. For tests and for data that is rebuilt at every start.
    Buffered,
}

/// How to open a directory of stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// When a write is answered.
    pub durability: Durability,
    /// Bytes of the engine's page cache, the bulk of what the stores take from memory. What does not fit in
    /// is read from the operating system's cache, at about twice the time of a hit.
    pub cache_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { durability: Durability::Synced, cache_bytes: 64 * 1024 * 1024 }
    }
}

/// The stores in one directory, told apart by their labels. Clones share them.
///
/// The last handle to go, this one's clones and every [`Store`] counted, waits until the writes already
/// queued are committed and the file is released. In async code, [`Stores::close`] does that without blocking
/// a thread.
#[derive(Clone)]
pub struct Stores {
    handle: Arc<Handle>,
}

impl Stores {
    /// Opens the stores in `dir` with the default [`Options`]; makes the directory when there is none.
    ///
    /// Blocks: some milliseconds for a small file, about two seconds a gigabyte after a crash.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        Self::open_with(dir, Options::default())
    }

    /// Opens the stores in `dir`. See [`Stores::open`].
    pub fn open_with(dir: &Path, options: Options) -> Result<Self, OpenError> {
        let database = open_in(dir, options.cache_bytes)?;
        let dir = dir.to_owned();
        let reopen = Box::new(move || open_in(&dir, options.cache_bytes));
        Ok(Handle::start(database, reopen, options.durability, REOPEN_INTERVAL)?.into())
    }

    /// The store with this label. It need not exist: it reads as empty until something is set.
    ///
    /// Which component may open which label is the host's to decide, before it asks here.
    pub fn label(&self, label: &str) -> Result<Store, Error> {
        check_label(label)?;
        Ok(Store { handle: Arc::clone(&self.handle), label: label.into() })
    }

    /// Whether the stores answer: looks up the catalogue of labels, some microseconds.
    pub fn health(&self) -> Result<(), Error> {
        self.handle.slot.with(|database| {
            database.begin_read()?.list_tables()?.next();
            Ok(())
        })
    }

    /// Commits what is queued, releases the file, and answers [`Error::Closed`] to every other handle from
    /// then on.
    pub async fn close(self) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        self.handle.send(Message::Close(answer))?;
        answered.await.unwrap_or(Err(Error::Closed))
    }
}

/// One named store. Clones are cheap and share it.
#[derive(Clone)]
pub struct Store {
    handle: Arc<Handle>,
    label: Arc<str>,
}

impl Store {
    /// The value under `key` as last committed, `None` when there is none.
    ///
    /// Synchronous, since it takes microseconds where a switch of threads takes more. Only a page that
    /// neither the engine nor the operating system has in memory costs a read from the disk.
    pub fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        check_key(key)?;
        let value = self.handle.slot.read(&self.label, |table| {
            // `get_owned` rather than `get`: its guard keeps the transaction, and so the page, alive.
            Ok(table.get_owned(key)?.map(|value| value.value().to_vec()))
        })?;
        Ok(value.flatten())
    }

    /// Whether there is a value under `key`. As fast as [`Store::get`], without the copy.
    pub fn exists(&self, key: &str) -> Result<bool, Error> {
        check_key(key)?;
        let exists = self.handle.slot.read(&self.label, |table| Ok(table.get_owned(key)?.is_some()))?;
        Ok(exists.unwrap_or(false))
    }

    /// All keys, in the order of their bytes, as they are now: later writes do not show.
    ///
    /// Each step takes about a microsecond. Space freed by later writes is reused only once the iterator is
    /// dropped, so do not keep one for long.
    pub fn keys(&self) -> Result<Keys, Error> {
        let range = self.handle.slot.read(&self.label, |table| table.range_owned::<&str>(..))?;
        Ok(Keys::new(range))
    }

    /// Puts `value` under `key`, whatever was there before, and returns when it is durable.
    ///
    /// Writes that wait at the same time share one commit. Those of one task to one key take effect in the
    /// order in which they were begun; between tasks, whoever comes last wins. No [`Store::get`] sees the
    /// value before it is durable, and every one sees it once this has returned. A caller that stops waiting
    /// may or may not have written.
    pub async fn set(&self, key: &str, value: Vec<u8>) -> Result<(), Error> {
        check_key(key)?;
        check_value(&value)?;
        self.write(key, Change::Set(value)).await
    }

    /// Removes what is under `key`, if anything, and returns when that is durable. See [`Store::set`].
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        check_key(key)?;
        self.write(key, Change::Delete).await
    }

    async fn write(&self, key: &str, change: Change) -> Result<(), Error> {
        let value_kib = match &change {
            Change::Set(value) => value.len().div_ceil(1024),
            Change::Delete => 0,
        };
        // The key and the bookkeeping make up the one more. A value is at most a mebibyte: this always fits.
        let room_kib = u32::try_from(value_kib + 1).unwrap_or(u32::MAX);
        let room =
            Arc::clone(&self.handle.room).acquire_many_owned(room_kib).await.map_err(|_| Error::Closed)?;
        let (answer, answered) = oneshot::channel();
        let label = Arc::clone(&self.label);
        self.handle.send(Message::Write(Write { label, key: key.to_owned(), change, answer, room }))?;
        answered.await.unwrap_or(Err(Error::Closed))
    }
}

impl From<Handle> for Stores {
    fn from(handle: Handle) -> Self {
        Self { handle: Arc::new(handle) }
    }
}

/// What all handles of one directory share; its end is the end of the writer.
pub(crate) struct Handle {
    slot: Arc<Slot>,
    room: Arc<Semaphore>,
    messages: Option<mpsc::Sender<Message>>,
    writer: Option<JoinHandle<()>>,
}

impl Handle {
    pub(crate) fn start(
        database: Database,
        open: Open,
        durability: Durability,
        reopen_interval: Duration,
    ) -> Result<Self, OpenError> {
        let slot = Arc::new(Slot::new(database));
        let (sender, messages) = mpsc::channel();
        let writer = Writer { slot: Arc::clone(&slot), open, durability, reopen_interval, messages };
        let writer = thread::Builder::new()
            .name("key-value-writer".to_owned())
            .spawn(|| writer.run())
            .map_err(OpenError::Writer)?;
        Ok(Self {
            slot,
            room: Arc::new(Semaphore::new(QUEUE_KIB)),
            messages: Some(sender),
            writer: Some(writer),
        })
    }

    fn send(&self, message: Message) -> Result<(), Error> {
        let messages = self.messages.as_ref().ok_or(Error::Closed)?;
        messages.send(message).map_err(|_| Error::Closed)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // The writer ends when it has taken the last message of a channel without senders.
        drop(self.messages.take());
        if let Some(writer) = self.writer.take() {
            // An executor that shuts down may drop a waiting task, and with it the last handle, on the thread
            // that wakes it: the writer's own, which cannot wait for itself.
            if writer.thread().id() != thread::current().id() && writer.join().is_err() {
                tracing::error!("the key-value store's writer panicked");
            }
        }
    }
}

impl fmt::Debug for Stores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stores").finish_non_exhaustive()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("label", &self.label).finish_non_exhaustive()
    }
}
