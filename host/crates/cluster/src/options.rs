//! What a caller says about the cluster it wants.

use std::path::PathBuf;

/// Whether what is written has to survive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Durability {
    /// A commit that was answered survives a crash of the server and of the machine. The directory is kept, and
    /// the server outlives a caller that is killed; the next [`Cluster::start`](crate::Cluster::start) on the
    /// same directory takes it over.
    Durable,
    /// For tests: nothing waits for the disk, and server and directory go away with this process, also when it is
    /// killed. The directory must be absent or empty, so that nobody's data is thrown away.
    Throwaway,
}

/// How to start a cluster.
pub struct Options {
    pub(crate) directory: PathBuf,
    pub(crate) durability: Durability,
    pub(crate) binaries: Option<PathBuf>,
    pub(crate) progress: Box<dyn FnMut(&str) + Send>,
}

impl Options {
    /// A cluster in `directory`, which is made if need be.
    pub fn new(directory: impl Into<PathBuf>, durability: Durability) -> Self {
        Self { directory: directory.into(), durability, binaries: None, progress: Box::new(|_| {}) }
    }

    /// Takes the Postgres programs from this directory instead of looking for them.
    #[must_use]
    pub fn binaries(mut self, directory: impl Into<PathBuf>) -> Self {
        self.binaries = Some(directory.into());
        self
    }

    /// Is told, in a few words, before each step that a person would otherwise wait for in the dark.
    #[must_use]
    pub fn on_progress(mut self, progress: impl FnMut(&str) + Send + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Options")
            .field("directory", &self.directory)
            .field("durability", &self.durability)
            .field("binaries", &self.binaries)
            .finish_non_exhaustive()
    }
}
