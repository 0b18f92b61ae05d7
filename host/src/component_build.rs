//! Builds the components that the manifest names, with one cargo command for all of them.

use anyhow::{Context as _, Result, bail};
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};
use tradepost_manifest::Manifest;

/// What components are compiled for.
const TARGET: &str = "wasm32-wasip2";

/// Builds what is not up to date. `step` is told what is being done; cargo shows its own progress on stderr.
pub fn build(manifest: &Manifest, mut step: impl FnMut(&str)) -> Result<()> {
    let root = manifest.file().parent().filter(|root| *root != Path::new("")).unwrap_or(Path::new("."));
    let commands = merged(
        manifest
            .components()
            .filter_map(|component| component.build.as_ref())
            .flat_map(|build| build.commands.iter().map(|line| (build.workdir.as_path(), line.as_str()))),
    );
    if commands.is_empty() {
        return Ok(());
    }
    if !program_exists("cargo") {
        let missing = missing_sources(manifest);
        if missing.is_empty() {
            step("cargo is not installed: running the components as they are");
            return Ok(());
        }
        bail!(
            "cargo is not installed and these components are not built: {}; install Rust, or copy the files here",
            missing.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
        );
    }
    add_target(root, &mut step)?;
    for command in commands {
        match &command.command {
            BuildCommand::Cargo { packages, .. } => step(&format!("building {} components", packages.len())),
            BuildCommand::Shell(line) => step(&format!("running `{line}`")),
        }
        command.run(root)?;
    }
    Ok(())
}

fn missing_sources(manifest: &Manifest) -> Vec<PathBuf> {
    manifest.components().map(|component| component.source.clone()).filter(|path| !path.exists()).collect()
}

/// A command to run, and where.
#[derive(Debug, PartialEq, Eq)]
struct Build {
    workdir: PathBuf,
    command: BuildCommand,
}

#[derive(Debug, PartialEq, Eq)]
enum BuildCommand {
    /// `cargo build …` for several packages at once: cargo then compiles what they share once and in parallel.
    Cargo { arguments: Vec<String>, packages: Vec<String> },
    /// Anything else, as it is.
    Shell(String),
}

/// Turns one command a component into as few as possible.
fn merged<'a>(commands: impl Iterator<Item = (&'a Path, &'a str)>) -> Vec<Build> {
    let mut merged: Vec<Build> = Vec::new();
    for (workdir, line) in commands {
        let words: Vec<&str> = line.split_whitespace().collect();
        let ["cargo", arguments @ .., "-p", package] = words.as_slice() else {
            merged.push(Build { workdir: workdir.to_owned(), command: BuildCommand::Shell(line.to_owned()) });
            continue;
        };
        let alike = merged.iter_mut().find_map(|build| match &mut build.command {
            BuildCommand::Cargo { arguments: others, packages }
                if build.workdir == workdir && others == arguments =>
            {
                Some(packages)
            }
            _ => None,
        });
        match alike {
            Some(packages) => packages.push((*package).to_owned()),
            None => merged.push(Build {
                workdir: workdir.to_owned(),
                command: BuildCommand::Cargo {
                    arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
                    packages: vec![(*package).to_owned()],
                },
            }),
        }
    }
    merged
}

impl Build {
    fn run(&self, root: &Path) -> Result<()> {
        let mut command = match &self.command {
            BuildCommand::Cargo { arguments, packages } => {
                let mut command = Command::new(cargo());
                command.args(arguments);
                for package in packages {
                    command.args(["-p", package]);
                }
                // The manifest's sources are under `target`, wherever this process's own target directory is.
                command.env("CARGO_TARGET_DIR", std::path::absolute(root)?.join("target"));
                command
            }
            BuildCommand::Shell(line) => {
                let mut command = Command::new("sh");
                command.args(["-c", line]);
                command
            }
        };
        if self.workdir != Path::new("") {
            command.current_dir(&self.workdir);
        }
        // Standard output stays free for what the command itself has to say.
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
        let status = status.with_context(|| format!("cannot run {:?}", self.command))?;
        if !status.success() {
            bail!("building the components failed ({status}); the reason is above");
        }
        Ok(())
    }
}

/// The cargo that runs this process if one does, else the one on the path.
fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

fn program_exists(name: &str) -> bool {
    let found = Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    !matches!(found, Err(error) if error.kind() == ErrorKind::NotFound)
}

/// Adds the WebAssembly target to the toolchain when it is missing.
fn add_target(root: &Path, step: &mut impl FnMut(&str)) -> Result<()> {
    let libraries = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(root)
        .output()
        .context("cannot run rustc; install Rust with rustup")?;
    let directory = String::from_utf8_lossy(&libraries.stdout);
    if fs::exists(directory.trim()).unwrap_or(false) {
        return Ok(());
    }
    if !program_exists("rustup") {
        bail!("the Rust toolchain has no {TARGET} target and rustup is not there to add it; install both");
    }
    step(&format!("adding the {TARGET} target to the Rust toolchain"));
    let status = Command::new("rustup")
        .args(["target", "add", TARGET])
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()?;
    if !status.success() {
        bail!("`rustup target add {TARGET}` failed ({status}); the reason is above");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_differ_in_the_package_alone_become_one() {
        let here = Path::new(".");
        let commands = [
            "cargo build --profile component -p a",
            "make docs",
            "cargo build --profile component -p b",
            "cargo build -p c",
        ];
        let cargo = |arguments: &[&str], packages: &[&str]| BuildCommand::Cargo {
            arguments: arguments.iter().map(|&word| word.to_owned()).collect(),
            packages: packages.iter().map(|&word| word.to_owned()).collect(),
        };
        let merged = merged(commands.into_iter().map(|line| (here, line)));
        assert_eq!(
            merged.into_iter().map(|build| build.command).collect::<Vec<_>>(),
            [
                cargo(&["build", "--profile", "component"], &["a", "b"]),
                BuildCommand::Shell("make docs".to_owned()),
                cargo(&["build"], &["c"]),
            ]
        );
    }
}
