//! Who runs Postgres: ourselves, or an unprivileged account when we are root, which the server refuses to be.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use nix::unistd::{Uid, User};

use crate::ClusterError;

/// The account that the server and `initdb` run as.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    /// `None`: as we are.
    other: Option<Other>,
}

#[derive(Clone, Debug)]
struct Other {
    name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    /// Ourselves, or for root `postgres`, whom the distributions' packages bring, else `nobody`.
    pub(crate) fn for_server() -> Result<Self, ClusterError> {
        if !Uid::effective().is_root() {
            return Ok(Self { other: None });
        }
        let mut reason = "they do not exist".to_owned();
        for name in ["postgres", "nobody"] {
            match User::from_name(name) {
                Ok(Some(user)) => {
                    let other = Other { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() };
                    return Ok(Self { other: Some(other) });
                }
                Ok(None) => {}
                Err(error) => reason = error.to_string(),
            }
        }
        Err(ClusterError::NoAccount { reason })
    }

    /// Its name, for messages.
    pub(crate) fn name(&self) -> &str {
        self.other.as_ref().map_or("you", |other| &other.name)
    }

    /// Whether it is another user than the one we are.
    pub(crate) fn is_other(&self) -> bool {
        self.other.is_some()
    }

    /// Gives it a file or directory that we made.
    pub(crate) fn give(&self, path: &Path) -> Result<(), ClusterError> {
        match &self.other {
            Some(other) => std::os::unix::fs::chown(path, Some(other.uid), Some(other.gid))
                .map_err(ClusterError::file("change the owner of", path)),
            None => Ok(()),
        }
    }

    /// A command that runs as this account, away from our terminal's signals and from whatever the caller's
    /// environment says to Postgres.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some(other) = &self.other {
            // As root, the standard library drops the supplementary groups when it sets the user.
            command.uid(other.uid).gid(other.gid);
        }
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"PG") {
                command.env_remove(name);
            }
        }
        command
            // Postgres on macOS refuses to start without a valid locale; messages are read by us.
            .env("LC_ALL", "C")
            // The caller's directory may be out of the account's reach.
            .current_dir("/")
            .stdin(Stdio::null())
            // Control-C at the terminal goes to the whole foreground group: the server would end before the host
            // has answered its last requests.
            .process_group(0);
        command
    }

    /// Runs a program to its end.
    pub(crate) fn run<A: AsRef<OsStr>>(
        &self,
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Output, ClusterError> {
        self.command(program).args(arguments).output().map_err(|source| self.cannot_run(program, source))
    }

    /// Whether the account can enter this directory, whatever modes and access lists stand on the way.
    pub(crate) fn can_enter(&self, directory: &Path) -> Result<bool, ClusterError> {
        let arguments =
            [OsStr::new("-c"), OsStr::new("cd -- \"$1\""), OsStr::new("sh"), directory.as_os_str()];
        Ok(self.run(Path::new("/bin/sh"), arguments)?.status.success())
    }

    pub(crate) fn cannot_run(&self, program: &Path, source: io::Error) -> ClusterError {
        ClusterError::Program { program: program.to_owned(), user: self.name().to_owned(), source }
    }
}
