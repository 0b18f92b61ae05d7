//! What can go wrong, told by what the caller can do about it. [`OpenError`] speaks to the operator who
//! starts the host and names the directory; [`Error`] may reach a guest and names no path.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;

use crate::limits::{MAX_KEY_BYTES, MAX_LABEL_BYTES, MAX_VALUE_BYTES};

/// Why one operation on an open store failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The label is empty or longer than [`MAX_LABEL_BYTES`].
    #[error("a store's label has 1 to {MAX_LABEL_BYTES} bytes, this one has {length_bytes}")]
    LabelLength {
        /// Bytes of UTF-8 in the refused label.
        length_bytes: usize,
    },
    /// The key is longer than [`MAX_KEY_BYTES`]. Nothing was written.
    #[error("the key has {length_bytes} bytes, the limit is {MAX_KEY_BYTES}")]
    KeyTooLong {
        /// Bytes of UTF-8 in the refused key.
        length_bytes: usize,
    },
    /// The value is larger than [`MAX_VALUE_BYTES`]. Nothing was written.
    #[error("the value has {length_bytes} bytes, the limit is {MAX_VALUE_BYTES}")]
    ValueTooLarge {
        /// Bytes in the refused value.
        length_bytes: usize,
    },
    /// The stores were closed. A write answered with this was not made.
    #[error("the key-value store is closed")]
    Closed,
    /// An earlier I/O error took the store down and it is being opened again: try later. A write answered
    /// with this was not made.
    #[error("the key-value store is being opened again after an error")]
    Unavailable,
    /// The disk failed or is full. A write answered with this may or may not be found later.
    #[error("the key-value store's disk failed: {0}")]
    Storage(Arc<redb::Error>),
    /// The file holds something that was never written to it. A write answered with this may or may not be
    /// found later.
    #[error(
        "the key-value store's file is damaged ({detail}); what it holds can be rebuilt: stop the host, \
         delete the store's directory and rebuild the views"
    )]
    Damaged {
        /// What the engine met, for the log.
        detail: String,
    },
}

impl From<redb::Error> for Error {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Corrupted(detail) => Self::Damaged { detail },
            // Only a reader that still iterates meets this: the database it read from was closed or replaced.
            redb::Error::DatabaseClosed => Self::Closed,
            other => Self::Storage(Arc::new(other)),
        }
    }
}

/// Why the stores in a directory could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The directory could not be made or entered.
    #[error("cannot use {} as the key-value store's directory", .dir.display())]
    Directory {
        /// The directory asked for.
        dir: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another process, or another `Stores` of this one, has the directory open.
    #[error(
        "the key-value store in {} is in use by another process; stop it, or give this one a directory of \
         its own",
        .dir.display()
    )]
    InUse {
        /// The directory asked for.
        dir: PathBuf,
    },
    /// The file is not one of ours, is damaged, or was written by an incompatible version.
    #[error(
        "the key-value store in {} is damaged or of an unknown format ({detail}); what it holds can be \
         rebuilt: delete that directory, start again and rebuild the views",
        .dir.display()
    )]
    Damaged {
        /// The directory asked for.
        dir: PathBuf,
        /// What the engine met.
        detail: String,
    },
    /// The disk failed or is full, or the process may not read or write the file.
    #[error("cannot open the key-value store in {}", .dir.display())]
    Storage {
        /// The directory asked for.
        dir: PathBuf,
        /// What failed.
        source: redb::Error,
    },
    /// The operating system refused a thread for the writer.
    #[error("cannot start the key-value store's writer")]
    Writer(#[source] io::Error),
}

/// Runs `work` on the engine and turns its panic, should it come to that, into a message.
///
/// redb promises errors, not panics, only for files that nothing but redb has written. A flipped bit on the
/// disk must cost one request an error, not the host its process or the writer its thread.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panic_message(&*panic))
}

/// [`caught`], with a panic reported as damage.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, Error> {
    caught(work).map_err(|detail| Error::Damaged { detail })?.map_err(Error::from)
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let message = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref().map(String::as_str));
    message.unwrap_or("the storage engine gave up").to_owned()
}
