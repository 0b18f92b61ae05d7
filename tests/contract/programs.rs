//! Programs that not every machine has. Where one is missing a test says so and passes, unless `REQUIRE_PROGRAMS` is set, as
//! the gate sets it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tradepost_tests::repository;

/// Where the packages of npm are that the tests use; `npm ci` in this folder brings them.
pub(crate) const NODE_FOLDER: &str = "clients/typescript";

/// The first of these programs that is in the path.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let found = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    found.into_iter().find(|path| path.is_file())
}

/// Node, and the folder of its packages, this one among them.
pub(crate) fn node_with(package: &str) -> Option<(PathBuf, PathBuf)> {
    let folder = repository().join(NODE_FOLDER);
    let node = find(&["node", "nodejs"])?;
    folder.join("node_modules").join(package).is_dir().then_some((node, folder))
}

/// Says that a test was skipped, or fails where nothing may be missing.
pub(crate) fn skip(test: &str, missing: &str) {
    assert!(std::env::var_os("REQUIRE_PROGRAMS").is_none(), "{test} needs {missing}");
    // Past the capture of the harness, which keeps to itself what a passing test says.
    let notice = format!("\nSKIPPED: {test}, for want of {missing}\n\n");
    let _ = std::io::Write::write_all(&mut std::io::stderr(), notice.as_bytes());
}

/// Runs a program to its end, and fails with what it said unless it succeeds.
pub(crate) async fn run(mut command: Command) -> Output {
    let name = format!("{command:?}");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(
        output.status.success(),
        "{name}: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// The lines that two texts do not share, for a failure that can be read.
pub(crate) fn is_same_text(path: &Path, other: &Path) -> bool {
    std::fs::read(path).is_ok_and(|text| std::fs::read(other).is_ok_and(|other| text == other))
}
