//! Turns `subscriptions.toml` into a constant, so that no component carries a reader of TOML.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use toml_edit::{DocumentMut, Item};

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=subscriptions.toml");
    match constant() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error=subscriptions.toml: {error}");
            ExitCode::FAILURE
        }
    }
}

fn constant() -> Result<(), Box<dyn std::error::Error>> {
    let document: DocumentMut = std::fs::read_to_string("subscriptions.toml")?.parse()?;
    let mut lines = String::from("&[\n");
    for (consumer, types) in document.iter() {
        let types = types_of(types).ok_or_else(|| format!("{consumer} must be a list of event types"))?;
        writeln!(lines, "    Subscription {{ consumer: {consumer:?}, event_types: &{types:?} }},")?;
    }
    lines += "]\n";
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    Ok(std::fs::write(out.join("subscriptions.rs"), lines)?)
}

fn types_of(types: &Item) -> Option<Vec<&str>> {
    types.as_array()?.iter().map(|name| name.as_str()).collect()
}
