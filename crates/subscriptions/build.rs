//! Turns `subscriptions.toml` into a constant, so that no component carries a reader of TOML.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use toml_edit::{DocumentMut, Item, TableLike};

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
    for (consumer, wanted) in document.iter() {
        let subscription = subscription_of(wanted).ok_or_else(|| {
            format!("{consumer} must be a list of event types, or have one as `types`, and texts as `key` and `views`")
        })?;
        writeln!(lines, "    Subscription {{ consumer: {consumer:?}, {subscription} }},")?;
    }
    lines += "]\n";
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    Ok(std::fs::write(out.join("subscriptions.rs"), lines)?)
}

/// The fields of the constant besides the consumer.
fn subscription_of(wanted: &Item) -> Option<String> {
    let table = wanted.as_table_like();
    if let Some(table) = table {
        let known = ["types", "key", "views"];
        table.iter().all(|(name, _)| known.contains(&name)).then_some(())?;
    }
    let types = types_of(table.map_or(Some(wanted), |table| table.get("types"))?)?;
    let (key, views) = (text_of(table, "key")?, text_of(table, "views")?);
    Some(format!("event_types: &{types:?}, key_member: {key}, view_prefix: {views}"))
}

fn types_of(types: &Item) -> Option<Vec<&str>> {
    types.as_array()?.iter().map(|name| name.as_str()).collect()
}

/// The text under `name` as an expression of Rust. It may be left out.
fn text_of(table: Option<&dyn TableLike>, name: &str) -> Option<String> {
    match table.and_then(|table| table.get(name)) {
        Some(text) => Some(format!("Some({:?})", text.as_str()?)),
        None => Some("None".to_owned()),
    }
}
