//! A disk for tests: remembers what a power failure would leave, can be slow, and fails when told to.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use redb::{Builder, Database, StorageBackend};

use crate::error::OpenError;

#[derive(Debug, Default)]
struct Platter {
    written: Vec<u8>,
    synced: Vec<u8>,
    syncs: usize,
    sync_takes: Duration,
    full: bool,
    gone: bool,
}

/// Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct SimulatedDisk(Arc<Mutex<Platter>>);

impl SimulatedDisk {
    pub(crate) fn open(&self) -> Result<Database, OpenError> {
        let failed = |source| OpenError::Storage { dir: "/simulated".into(), source };
        if self.platter().gone {
            return Err(failed(io::Error::other("no disk").into()));
        }
        Builder::new().create_with_backend(self.clone()).map_err(|error| failed(error.into()))
    }

    /// The disk as a power failure right now would leave it: whatever was not synced is lost.
    pub(crate) fn after_power_failure(&self) -> Self {
        let synced = self.platter().synced.clone();
        Self(Arc::new(Mutex::new(Platter { written: synced.clone(), synced, ..Platter::default() })))
    }

    pub(crate) fn syncs(&self) -> usize {
        self.platter().syncs
    }

    pub(crate) fn sync_takes(&self, duration: Duration) {
        self.platter().sync_takes = duration;
    }

    /// From now on writes fail as on a disk without space, or work again.
    pub(crate) fn set_full(&self, full: bool) {
        self.platter().full = full;
    }

    /// From now on the file cannot be opened, or can again.
    pub(crate) fn set_gone(&self, gone: bool) {
        self.platter().gone = gone;
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap()
    }
}

impl Platter {
    fn check_space(&self) -> io::Result<()> {
        if self.full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

impl StorageBackend for SimulatedDisk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.platter().written.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        let platter = self.platter();
        let found = platter.written.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(found);
        Ok(())
    }

    fn set_len(&self, length_bytes: u64) -> io::Result<()> {
        let mut platter = self.platter();
        platter.check_space()?;
        platter.written.resize(usize::try_from(length_bytes).unwrap(), 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        thread::sleep(self.platter().sync_takes);
        let mut platter = self.platter();
        platter.check_space()?;
        platter.synced = platter.written.clone();
        platter.syncs += 1;
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        let mut platter = self.platter();
        platter.check_space()?;
        platter.written[start..start + data.len()].copy_from_slice(data);
        Ok(())
    }
}
