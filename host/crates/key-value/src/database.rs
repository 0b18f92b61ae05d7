//! Opening the file, and the one place where readers and the writer find it: it can be taken away and
//! replaced while they run, because redb refuses all work after an I/O error until its file is opened anew.

use std::cell::Cell;
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use redb::{
    Builder, Database, DatabaseError, ReadOnlyTable, ReadableDatabase, StorageError, TableDefinition,
    TableError,
};

use crate::error::{Error, OpenError, caught, guarded};

const FILE_NAME: &str = "key-value.redb";

/// A file up to this size has every checksum verified at every start, a larger one only after a crash. redb
/// does not verify a page when it reads it, so the start is when a flipped bit is found. At the 2 s/GB
/// measured, the price stays at half a second.
const VERIFIED_UP_TO_BYTES: u64 = 256 * 1024 * 1024;

/// Opens the database, the first time and again after an I/O error.
pub(crate) type Open = Box<dyn Fn() -> Result<Database, OpenError> + Send>;

pub(crate) type Table = ReadOnlyTable<&'static str, &'static [u8]>;

/// A label is a table of its own.
pub(crate) fn table(label: &str) -> TableDefinition<'_, &'static str, &'static [u8]> {
    TableDefinition::new(label)
}

/// Opens or creates the file in `dir`, which is created too.
pub(crate) fn open_in(dir: &Path, cache_bytes: usize) -> Result<Database, OpenError> {
    fs::create_dir_all(dir).map_err(|source| OpenError::Directory { dir: dir.to_owned(), source })?;
    let path = dir.join(FILE_NAME);
    let old_length_bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());

    let mut builder = Builder::new();
    builder.set_cache_size(cache_bytes);
    builder.set_check_integrity_on_open(old_length_bytes <= VERIFIED_UP_TO_BYTES);
    let announced = Cell::new(false);
    let announced_dir = dir.to_owned();
    builder.set_repair_callback(move |_| {
        if !announced.replace(true) {
            tracing::info!(
                dir = %announced_dir.display(),
                "the key-value store was not closed properly: checking it, at about two seconds a gigabyte"
            );
        }
    });

    let database = match caught(|| builder.create(&path)) {
        Ok(Ok(database)) => database,
        Ok(Err(error)) => return Err(open_error(dir, error)),
        Err(detail) => return Err(OpenError::Damaged { dir: dir.to_owned(), detail }),
    };
    if old_length_bytes == 0 {
        // A new file's name is durable only when its directory has been synced.
        sync_directory(dir).map_err(|source| OpenError::Directory { dir: dir.to_owned(), source })?;
    }
    Ok(database)
}

fn open_error(dir: &Path, error: DatabaseError) -> OpenError {
    let dir = dir.to_owned();
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => OpenError::InUse { dir },
        DatabaseError::UpgradeRequired(version) => {
            OpenError::Damaged { dir, detail: format!("its file format is version {version}") }
        }
        DatabaseError::Storage(StorageError::Corrupted(detail)) => OpenError::Damaged { dir, detail },
        // What redb says of a file that does not begin as its own do, or that ends too early.
        DatabaseError::Storage(StorageError::Io(error))
            if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
        {
            OpenError::Damaged { dir, detail: error.to_string() }
        }
        other => OpenError::Storage { dir, source: other.into() },
    }
}

#[cfg(unix)]
fn sync_directory(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Other systems make a new name durable by themselves and do not open directories as files.
#[cfg(not(unix))]
fn sync_directory(_dir: &Path) -> io::Result<()> {
    Ok(())
}

enum State {
    Open(Database),
    Reopening,
    Closed,
}

/// The database in use. Reads and commits share the lock; only its replacement takes it alone, for as long as
/// it takes to move a pointer.
pub(crate) struct Slot(RwLock<State>);

impl Slot {
    pub(crate) fn new(database: Database) -> Self {
        Self(RwLock::new(State::Open(database)))
    }

    /// Runs `work` with the database, or says why there is none.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, redb::Error>) -> Result<T, Error> {
        match &*self.shared() {
            State::Open(database) => guarded(|| work(database)),
            State::Reopening => Err(Error::Unavailable),
            State::Closed => Err(Error::Closed),
        }
    }

    /// Runs `work` with a label's table as last committed. A label that was never written to has none.
    pub(crate) fn read<T>(
        &self,
        label: &str,
        work: impl FnOnce(&Table) -> Result<T, StorageError>,
    ) -> Result<Option<T>, Error> {
        self.with(|database| match database.begin_read()?.open_table(table(label)) {
            Ok(table) => Ok(Some(work(&table)?)),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        })
    }

    pub(crate) fn is_reopening(&self) -> bool {
        matches!(*self.shared(), State::Reopening)
    }

    /// Ends the use of the current database, releases its file, and puts what `open` returns in its place.
    pub(crate) fn reopen(&self, open: &Open) -> Result<(), OpenError> {
        // The file must be let go of before it can be opened again. Its close repeats the error that led
        // here.
        let _ = close(self.replace(State::Reopening));
        let database = open()?;
        self.replace(State::Open(database));
        Ok(())
    }

    /// Brings everything committed to the disk and releases the file.
    pub(crate) fn close(&self) -> Result<(), Error> {
        close(self.replace(State::Closed))
    }

    fn shared(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, state: State) -> State {
        std::mem::replace(&mut *self.0.write().unwrap_or_else(PoisonError::into_inner), state)
    }
}

fn close(state: State) -> Result<(), Error> {
    match state {
        State::Open(database) => guarded(|| Ok(database.close()?)),
        State::Reopening | State::Closed => Ok(()),
    }
}
