//! Lists `migrations/<context>/NNNN_name.sql` at build time, so that the binary carries them and a new folder or
//! file needs no line of Rust.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Contexts whose definitions the migrations of all others may use: they are applied first.
const FOUNDATIONS: &[&str] = &["idempotency", "messaging"];

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../../migrations").canonicalize()?;
    // A directory is watched with all that is below it.
    println!("cargo::rerun-if-changed={}", root.display());
    let mut list = String::from("&[\n");
    let mut contexts = entries(&root)?;
    contexts.retain(|path| path.is_dir());
    contexts.sort_by_key(|path| !FOUNDATIONS.iter().any(|foundation| path.ends_with(foundation)));
    for context in contexts {
        for file in numbered_files(&context)? {
            let (context, name, sql) = (file_name(&context)?, file_name(&file)?, fs::read_to_string(&file)?);
            writeln!(list, "MigrationFile {{ context: {context:?}, file: {name:?}, sql: {sql:?} }},")?;
        }
    }
    list.push(']');
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("embedded.rs"), list)?;
    Ok(())
}

/// In order. A stray file here would otherwise be a migration that never runs.
fn numbered_files(context: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut seen = BTreeMap::new();
    for path in entries(context)? {
        let name = file_name(&path)?;
        let number = name.split_once('_').map_or("", |(number, _)| number).to_owned();
        let well_formed = number.len() == 4
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && path.extension().is_some_and(|extension| extension == "sql");
        if !well_formed {
            return Err(format!("{} should be called NNNN_name.sql", path.display()).into());
        }
        if let Some(other) = seen.insert(number, path.clone()) {
            return Err(format!("{} and {} have one number", other.display(), path.display()).into());
        }
    }
    Ok(seen.into_values().collect())
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut entries = fs::read_dir(directory)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>, std::io::Error>>()?;
    entries.retain(|path| !file_name(path).is_ok_and(|name| name.starts_with('.')));
    entries.sort();
    Ok(entries)
}

fn file_name(path: &Path) -> Result<&str, Box<dyn Error>> {
    path.file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(|| format!("{} has no readable name", path.display()).into())
}
