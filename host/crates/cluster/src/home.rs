//! The cluster's directory and the small files beside its data.
//!
//! | file | what |
//! |---|---|
//! | `data` | Postgres' own directory, or a link to it when the server's account cannot reach this place |
//! | `password` | the superuser's password, mode 0600 |
//! | `port` | where it listened last, so that bookmarks stay good |
//! | `server.log` | what the server writes |
//! | `lock` | held while somebody starts or stops the server |
//! | `users` | held, shared, by every process that uses the server |

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::ClusterError;
use crate::account::Account;

/// Where data goes that cannot stay in the cluster's directory: root's project under `/root`, say, which nobody
/// else may enter. Not the temporary directory, which a reboot empties.
const FALLBACK: &str = "/var/lib/tradepost";
/// The log is set aside at a start that finds it longer than this.
const LOG_BYTES: u64 = 10 * 1024 * 1024;
/// How much of the log an error repeats.
const TAIL_LINES: usize = 12;

/// The cluster's directory.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    directory: PathBuf,
}

impl Home {
    /// Makes the directory if need be.
    pub(crate) fn open(directory: &Path) -> Result<Self, ClusterError> {
        fs::create_dir_all(directory).map_err(ClusterError::file("create", directory))?;
        let directory = directory.canonicalize().map_err(ClusterError::file("find", directory))?;
        Ok(Self { directory })
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn is_empty(&self) -> Result<bool, ClusterError> {
        let mut entries =
            fs::read_dir(&self.directory).map_err(ClusterError::file("list", &self.directory))?;
        Ok(entries.next().is_none())
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.directory.join("server.log")
    }

    /// The data directory without links, if the cluster was created.
    pub(crate) fn data(&self) -> Option<PathBuf> {
        self.directory.join("data").canonicalize().ok().filter(|data| data.join("PG_VERSION").is_file())
    }

    /// Postgres' major version that wrote the data.
    pub(crate) fn data_version(data: &Path) -> Result<u32, ClusterError> {
        let path = data.join("PG_VERSION");
        let text = fs::read_to_string(&path).map_err(ClusterError::file("read", &path))?;
        text.trim().parse().map_err(|_| ClusterError::File {
            action: "understand",
            path,
            source: io::Error::from(io::ErrorKind::InvalidData),
        })
    }

    /// An empty directory that belongs to `account` and can be reached by it, in which to create the data.
    pub(crate) fn new_data(&self, account: &Account) -> Result<NewData, ClusterError> {
        self.clear_leftovers();
        let beside = NewData::create(self.directory.join(format!("data.new-{}", random_digits()?)), account)?;
        if !account.is_other() || account.can_enter(&beside.path)? {
            return Ok(beside);
        }
        drop(beside);
        let fallback = Path::new(FALLBACK);
        let unreachable = || ClusterError::Unreachable {
            user: account.name().to_owned(),
            asked: self.directory.clone(),
            fallback: fallback.to_owned(),
        };
        if !fallback.exists() {
            fs::create_dir_all(fallback).map_err(ClusterError::file("create", fallback))?;
            // Whatever our umask says.
            fs::set_permissions(fallback, fs::Permissions::from_mode(0o755))
                .map_err(ClusterError::file("open to others", fallback))?;
        }
        // A random name: a directory that outlived its link must not be mistaken for this cluster's.
        let elsewhere = NewData::create(fallback.join(random_digits()?), account)?;
        if account.can_enter(&elsewhere.path)? { Ok(elsewhere) } else { Err(unreachable()) }
    }

    /// Makes `new` the cluster's data, in one step.
    pub(crate) fn adopt(&self, new: NewData) -> Result<PathBuf, ClusterError> {
        let data = self.directory.join("data");
        if data.is_symlink() {
            // It leads nowhere, or there would be no new data: what it led to was deleted by hand.
            fs::remove_file(&data).map_err(ClusterError::file("delete", &data))?;
        }
        if new.path.parent() == Some(&self.directory) {
            fs::rename(&new.path, &data).map_err(ClusterError::file("rename", &new.path))?;
        } else {
            symlink(&new.path, &data).map_err(ClusterError::file("link", &data))?;
        }
        new.keep();
        data.canonicalize().map_err(ClusterError::file("find", &data))
    }

    /// What an `initdb` that was killed left here.
    fn clear_leftovers(&self) {
        let entries = fs::read_dir(&self.directory).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b"data.new-")) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }

    /// The superuser's password.
    pub(crate) fn password(&self) -> Result<Password, ClusterError> {
        let path = self.directory.join("password");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Password(text.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(ClusterError::NoPassword { path, data: self.directory.join("data") })
            }
            Err(error) => Err(ClusterError::file("read", path)(error)),
        }
    }

    pub(crate) fn keep_password(&self, password: &Password) -> Result<(), ClusterError> {
        let path = self.directory.join("password");
        // Removed first: the mode is set only on a file that is made.
        let _ = fs::remove_file(&path);
        write_private(&path, &password.0).map_err(ClusterError::file("write", &path))
    }

    /// Where the server listened last.
    pub(crate) fn port(&self) -> Option<u16> {
        fs::read_to_string(self.directory.join("port")).ok()?.trim().parse().ok()
    }

    /// Best effort: the next start only looks for another port without it.
    pub(crate) fn keep_port(&self, port: u16) {
        let _ = fs::write(self.directory.join("port"), format!("{port}\n"));
    }

    /// The log, opened for a server to write to.
    pub(crate) fn open_log(&self) -> Result<File, ClusterError> {
        let path = self.log();
        if fs::metadata(&path).is_ok_and(|found| found.len() > LOG_BYTES) {
            let _ = fs::rename(&path, path.with_extension("log.old"));
        }
        OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(ClusterError::file("write", path))
    }

    /// The last lines of what the log says after `from_byte`.
    pub(crate) fn log_tail(&self, from_byte: u64) -> String {
        let mut text = String::new();
        let read = File::open(self.log()).and_then(|mut log| {
            log.seek(SeekFrom::Start(from_byte))?;
            log.read_to_string(&mut text)
        });
        if read.is_err() || text.trim().is_empty() {
            return "it said nothing".to_owned();
        }
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(TAIL_LINES)..).unwrap_or_default().join("\n")
    }

    /// Waits until nobody else starts or stops the server. Given back by dropping, or by dying.
    pub(crate) fn lock(&self) -> Result<File, ClusterError> {
        let path = self.directory.join("lock");
        let file = open_lock(&path)?;
        file.lock().map_err(ClusterError::file("lock", path))?;
        Ok(file)
    }

    /// Notes that this process uses the server, until it drops the value or dies.
    pub(crate) fn join_users(&self) -> Result<File, ClusterError> {
        let path = self.directory.join("users");
        let file = open_lock(&path)?;
        file.lock_shared().map_err(ClusterError::file("lock", path))?;
        Ok(file)
    }
}

/// Whether the holder of `users` is the last one. Ask only under [`Home::lock`].
pub(crate) fn is_last_user(users: &File) -> bool {
    !matches!(users.try_lock(), Err(TryLockError::WouldBlock))
}

fn open_lock(path: &Path) -> Result<File, ClusterError> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(ClusterError::file("open", path))
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()
}

/// A data directory in the making. Dropped before it was adopted, it is deleted.
#[derive(Debug)]
pub(crate) struct NewData {
    path: PathBuf,
    kept: bool,
}

impl NewData {
    fn create(path: PathBuf, account: &Account) -> Result<Self, ClusterError> {
        fs::create_dir(&path).map_err(ClusterError::file("create", &path))?;
        let new = Self { path, kept: false };
        account.give(&new.path)?;
        Ok(new)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the password for `initdb` to read. It runs as `account`, so neither a pipe nor the kept file will
    /// do: both are ours alone.
    pub(crate) fn hand_over(&self, password: &Password, account: &Account) -> Result<Handed, ClusterError> {
        let path = self.path.with_extension("password");
        let handed = Handed(path);
        write_private(&handed.0, &password.0).map_err(ClusterError::file("write", &handed.0))?;
        account.give(&handed.0)?;
        Ok(handed)
    }

    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for NewData {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// A password file that is deleted when it has been read.
#[derive(Debug)]
pub(crate) struct Handed(PathBuf);

impl Handed {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Handed {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The superuser's password: hexadecimal, so that it can stand in a URL as it is.
#[derive(Clone)]
pub(crate) struct Password(String);

impl Password {
    /// 128 random bits.
    pub(crate) fn random() -> Result<Self, ClusterError> {
        Ok(Self(random_digits()? + &random_digits()?))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Password(…)")
    }
}

/// 64 random bits as 16 lower-case hexadecimal digits.
pub(crate) fn random_digits() -> Result<String, ClusterError> {
    let bits = getrandom::u64().map_err(|error| ClusterError::Random(error.to_string()))?;
    Ok(format!("{bits:016x}"))
}
