//! The operator's key to the API: made at the first start, kept in a file that only the operator can read.

use anyhow::{Context as _, Result, bail};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The file under the data directory.
const FILE: &str = "admin-key";

/// Random bytes in a key that is made here: 256 bits, beyond guessing.
const RANDOM_BYTES: usize = 32;

/// Characters below which a key of the operator's own is worth a warning.
const GUESSABLE: usize = 20;

/// Where the admin key of this run comes from.
pub enum AdminKey {
    /// The operator gave it in the environment.
    Given(String),
    /// It is in a file, made now or before.
    Kept {
        /// The key.
        key: String,
        /// The file.
        file: PathBuf,
    },
}

impl AdminKey {
    /// The key of an installation that is there: the operator's own if `given`, else the one kept under `data`.
    pub fn known(given: Option<String>, data: &Path) -> Result<Self> {
        if given.is_none() && !data.join(FILE).exists() {
            bail!(
                "there is no admin key in {}; start Tradepost first, or set TRADEPOST_ADMIN_KEY",
                data.display()
            );
        }
        Self::resolve(given, data)
    }

    /// The operator's own key if `given`, else the one kept under `data`, which is made if it is not there.
    pub fn resolve(given: Option<String>, data: &Path) -> Result<Self> {
        if let Some(key) = given {
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
                bail!("TRADEPOST_ADMIN_KEY must be visible ASCII without spaces, as a bearer token is");
            }
            if key.len() < GUESSABLE {
                tracing::warn!("TRADEPOST_ADMIN_KEY is short: others may guess it");
            }
            return Ok(Self::Given(key));
        }
        let file = data.join(FILE);
        match fs::read_to_string(&file) {
            Ok(key) if !key.trim().is_empty() => return Ok(Self::Kept { key: key.trim().to_owned(), file }),
            Ok(_) => bail!("{} is empty; delete it and a new key is made", file.display()),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
        }
        let key = fresh()?;
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?;
            writeln!(file, "{key}")?;
            file.sync_all()
        };
        write().with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Self::Kept { key, file })
    }

    /// The key.
    pub fn expose(&self) -> &str {
        match self {
            Self::Given(key) | Self::Kept { key, .. } => key,
        }
    }

    /// Where the operator finds the key.
    pub fn whereabouts(&self) -> String {
        match self {
            Self::Given(_) => "the admin key is the one in TRADEPOST_ADMIN_KEY".to_owned(),
            Self::Kept { file, .. } => format!("the admin key is in {}", file.display()),
        }
    }
}

fn fresh() -> Result<String> {
    let mut random = [0; RANDOM_BYTES];
    getrandom::fill(&mut random)
        .map_err(|error| anyhow::anyhow!("no randomness for the admin key: {error}"))?;
    Ok(format!("tp_{}", hex::encode(random)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_key_is_made_once_and_only_its_owner_can_read_it() {
        let data = tempfile::tempdir().unwrap();
        let first = AdminKey::resolve(None, data.path()).unwrap();
        let second = AdminKey::resolve(None, data.path()).unwrap();
        assert_eq!(first.expose(), second.expose());
        assert_eq!(first.expose().len(), "tp_".len() + 2 * RANDOM_BYTES);
        let mode = fs::metadata(data.path().join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_command_that_needs_the_key_of_a_running_installation_makes_none() {
        let data = tempfile::tempdir().unwrap();
        assert!(AdminKey::known(None, data.path()).is_err());
        assert!(!data.path().join(FILE).exists());
        let kept = AdminKey::resolve(None, data.path()).unwrap();
        assert_eq!(AdminKey::known(None, data.path()).unwrap().expose(), kept.expose());
        assert_eq!(
            AdminKey::known(Some("another-key-altogether".to_owned()), data.path()).unwrap().expose(),
            "another-key-altogether"
        );
    }

    #[test]
    fn the_operators_own_key_is_taken_and_one_that_no_header_carries_refused() {
        let data = tempfile::tempdir().unwrap();
        let key = "a-key-of-the-operator".to_owned();
        assert_eq!(AdminKey::resolve(Some(key.clone()), data.path()).unwrap().expose(), key);
        for refused in ["", "two words", "clé"] {
            assert!(AdminKey::resolve(Some(refused.to_owned()), data.path()).is_err(), "{refused:?}");
        }
        assert!(!data.path().join(FILE).exists());
    }
}
