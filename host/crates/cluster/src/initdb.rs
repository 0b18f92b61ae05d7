//! Creating the database cluster at the first start.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::binaries::Binaries;
use crate::databases::SUPERUSER;
use crate::home::{Home, NewData, Password};
use crate::{ClusterError, Durability};

/// Written into postgresql.conf once; there to be edited. What the cluster depends on is given on the server's
/// command line instead, at every start.
const SETTINGS: &str = "
# Tradepost: one machine that also runs the application.
max_connections = 200
shared_buffers = 128MB
# Solid-state disks read anywhere at nearly the same price.
random_page_cost = 1.1
# Statements here take microseconds; compiling one takes milliseconds.
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
";

/// Creates data and password, or leaves nothing.
pub(crate) fn create(
    home: &Home,
    binaries: &Binaries,
    account: &Account,
    durability: Durability,
) -> Result<PathBuf, ClusterError> {
    let new = home.new_data(account)?;
    let password = Password::random()?;
    // The collation is bytes: fast, and no index turns wrong when the system's locales change. The character type
    // decides what a letter is, for folding case in a search.
    let ctype = if cfg!(target_os = "macos") { "UTF-8" } else { "C.UTF-8" };
    let mut output = run(&new, &password, binaries, account, durability, ctype)?;
    if output.as_ref().is_err_and(|said| said.contains("invalid locale name")) {
        output = run(&new, &password, binaries, account, durability, "C")?;
    }
    output.map_err(|output| ClusterError::Initdb { path: new.path().to_owned(), output })?;
    append_settings(&new.path().join("postgresql.conf"))?;
    // Before the data gets its name: data without its password would be lost.
    home.keep_password(&password)?;
    home.adopt(new)
}

/// The inner error is what `initdb` said.
fn run(
    new: &NewData,
    password: &Password,
    binaries: &Binaries,
    account: &Account,
    durability: Durability,
    ctype: &str,
) -> Result<Result<(), String>, ClusterError> {
    let handed = new.hand_over(password, account)?;
    let mut arguments: Vec<OsString> = vec!["-D".into(), new.path().into()];
    arguments.extend([format!("--username={SUPERUSER}").into(), "--pwfile".into(), handed.path().into()]);
    arguments.extend(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"].map(OsString::from));
    arguments.push(format!("--lc-ctype={ctype}").into());
    arguments.push("--no-instructions".into());
    arguments.push(match durability {
        Durability::Durable => "--data-checksums".into(),
        Durability::Throwaway => "--no-sync".into(),
    });
    let output = account.run(&binaries.initdb(), arguments)?;
    if output.status.success() {
        return Ok(Ok(()));
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Ok(Err(if said.is_empty() { output.status.to_string() } else { said }))
}

fn append_settings(configuration: &Path) -> Result<(), ClusterError> {
    OpenOptions::new()
        .append(true)
        .open(configuration)
        .and_then(|mut file| file.write_all(SETTINGS.as_bytes()))
        .map_err(ClusterError::file("write", configuration))
}
