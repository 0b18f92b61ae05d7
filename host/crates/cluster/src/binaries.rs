//! Finding the Postgres programs.

use std::cmp::Reverse;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::ClusterError;
use crate::account::Account;

/// The oldest major version that the migrations are tested on.
const OLDEST: u32 = 15;
/// All that a usable installation has. `pg_ctl` is not run; an installation without it is a broken one.
const PROGRAMS: [&str; 3] = ["postgres", "initdb", "pg_ctl"];

/// A directory with the programs of one Postgres version.
#[derive(Clone, Debug)]
pub(crate) struct Binaries {
    directory: PathBuf,
}

impl Binaries {
    pub(crate) fn postgres(&self) -> PathBuf {
        self.directory.join("postgres")
    }

    pub(crate) fn initdb(&self) -> PathBuf {
        self.directory.join("initdb")
    }
}

/// Which versions will do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted {
    /// The one that wrote the data.
    Exactly(u32),
    /// Any that is recent enough.
    Any,
}

impl Wanted {
    fn admits(self, major: u32) -> bool {
        match self {
            Self::Exactly(wanted) => major == wanted,
            Self::Any => major >= OLDEST,
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(major) => write!(formatter, "{major}, which wrote the data,"),
            Self::Any => write!(formatter, "{OLDEST} or later"),
        }
    }
}

/// Looks in `only` if it is given; else along `PATH`, where distributions and Homebrew put them, newest first, and
/// among what was downloaded before.
pub(crate) fn find(only: Option<&Path>, wanted: Wanted, account: &Account) -> Result<Binaries, ClusterError> {
    let candidates = match only {
        Some(directory) => vec![directory.to_owned()],
        None => usual_places(),
    };
    candidates
        .into_iter()
        .filter(|directory| PROGRAMS.iter().all(|program| directory.join(program).is_file()))
        .find(|directory| major_version(directory, account).is_some_and(|major| wanted.admits(major)))
        .map(|directory| Binaries { directory })
        .ok_or_else(|| ClusterError::NoBinaries {
            wanted: wanted.to_string(),
            looked: only.map_or("PATH and the usual places".to_owned(), |only| only.display().to_string()),
            download: String::new(),
        })
}

fn usual_places() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = std::env::var_os("PATH")
        .iter()
        .flat_map(std::env::split_paths)
        // A link in /usr/local/bin stands alone; the programs beside its target belong together.
        .filter_map(|directory| directory.join("postgres").canonicalize().ok()?.parent().map(Path::to_owned))
        .collect();
    // Debian and Ubuntu, Red Hat, Homebrew on both kinds of Mac and on Linux, Postgres.app.
    places.extend(versions_in("/usr/lib/postgresql", ""));
    places.extend(versions_in("/usr", "pgsql-"));
    for prefix in ["/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"] {
        places.extend(versions_in(prefix, "postgresql@"));
        places.push(Path::new(prefix).join("postgresql/bin"));
    }
    places.extend(versions_in("/Applications/Postgres.app/Contents/Versions", ""));
    #[cfg(feature = "download")]
    if let Some(cache) = crate::download::cache() {
        places.extend(versions_in(cache, ""));
    }
    places
}

/// `<parent>/<prefix><version>/bin`, newest first.
fn versions_in(parent: impl AsRef<Path>, prefix: &str) -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some((leading_number(name.strip_prefix(prefix)?)?, entry.path().join("bin")))
        })
        .collect();
    versions.sort_by_key(|(version, _)| Reverse(*version));
    versions.into_iter().map(|(_, bin)| bin).collect()
}

/// What `postgres --version` says, run as the account that will run it: `None` if that account cannot.
fn major_version(directory: &Path, account: &Account) -> Option<u32> {
    let output = account.run(&directory.join("postgres"), ["--version"]).ok()?;
    major_of(&String::from_utf8(output.stdout).ok()?)
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is 15.
fn major_of(version_line: &str) -> Option<u32> {
    leading_number(version_line.split_once("(PostgreSQL) ")?.1)
}

fn leading_number(text: &str) -> Option<u32> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text.get(..digits)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_every_kind_of_release() {
        for (line, major) in [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", Some(15)),
            ("postgres (PostgreSQL) 17.5\n", Some(17)),
            ("postgres (PostgreSQL) 18beta1\n", Some(18)),
            ("postgres (PostgreSQL) 19devel\n", Some(19)),
            ("something else 12\n", None),
            ("", None),
        ] {
            assert_eq!(major_of(line), major, "{line:?}");
        }
    }

    #[test]
    fn versions_are_tried_newest_first_by_number_and_not_by_letter() {
        let parent = std::env::temp_dir().join(format!("tradepost-versions-{}", std::process::id()));
        for name in ["pgsql-9", "pgsql-15", "pgsql-17.2", "other"] {
            fs::create_dir_all(parent.join(name)).unwrap();
        }
        let found = versions_in(&parent, "pgsql-");
        fs::remove_dir_all(&parent).unwrap();
        let expected = ["pgsql-17.2", "pgsql-15", "pgsql-9"].map(|name| parent.join(name).join("bin"));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_directory_that_lacks_a_program_is_named_in_the_refusal() {
        let directory = std::env::temp_dir().join(format!("tradepost-lacking-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("postgres"), "#!/bin/sh\necho 'postgres (PostgreSQL) 15.0'").unwrap();
        let account = Account::for_server().unwrap();
        let refusal = find(Some(&directory), Wanted::Any, &account).unwrap_err().to_string();
        fs::remove_dir_all(&directory).unwrap();
        assert!(refusal.contains(&directory.display().to_string()), "{refusal}");
        assert!(refusal.contains("DATABASE_URL"), "{refusal}");
    }
}
