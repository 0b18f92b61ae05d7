//! Makes the host's bindings from the WIT files that the `spin-sdk` crate ships, so that what the host offers
//! and what a guest imports come from one source and cannot drift apart.

use serde_json::Value;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The worlds of the SDK that the host serves, and the module each becomes.
const WORLDS: &[(&str, &str, &[&str])] = &[
    (
        "postgres",
        "spin:sdk/spin-sdk-pg",
        &[
            r#""spin:postgres/postgres@4.2.0.connection": crate::services::postgres::Connection"#,
            r#""spin:postgres/postgres@4.2.0.connection-builder": crate::services::postgres::ConnectionBuilder"#,
        ],
    ),
    (
        "key_value",
        "spin:sdk/spin-sdk-kv",
        &[r#""spin:key-value/key-value@3.0.0.store": crate::services::key_value::Store"#],
    ),
    ("variables", "spin:sdk/spin-sdk-variables", &[]),
];

fn main() -> Result<(), Box<dyn Error>> {
    let wit = sdk_wit_directory()?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={wit}");
    let mut bindings = String::new();
    for (module, world, with) in WORLDS {
        // The path becomes a string literal of the generated code.
        write!(
            bindings,
            "pub mod {module} {{
                wasmtime::component::bindgen!({{
                    path: \"{}\",
                    world: \"{world}\",
                    imports: {{ default: async | trappable }},
                    with: {{ {} }},
                }});
            }}\n",
            wit.escape_default(),
            with.join(", ")
        )?;
    }
    let out = env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?;
    fs::write(Path::new(&out).join("bindings.rs"), bindings)?;
    Ok(())
}

/// Where cargo put the `spin-sdk` crate that this workspace is locked to.
fn sdk_wit_directory() -> Result<String, Box<dyn Error>> {
    // Offline first: the crate is a build dependency of this one, so it is there already, and a build script
    // has no business on the network. Only when cargo wants packages of other targets to answer at all does
    // the second form let it fetch them, as any cargo command would.
    let metadata = metadata(&["--offline"]).or_else(|_| metadata(&[]))?;
    let manifest = metadata
        .get("packages")
        .and_then(Value::as_array)
        .and_then(|packages| packages.iter().find(|package| package.get("name") == Some(&"spin-sdk".into())))
        .and_then(|sdk| sdk.get("manifest_path")?.as_str())
        .ok_or("`cargo metadata` does not list spin-sdk")?;
    let wit = Path::new(manifest).with_file_name("wit");
    Ok(wit.into_os_string().into_string().map_err(|_| "cargo's home is not UTF-8")?)
}

fn metadata(extra: &[&str]) -> Result<Value, Box<dyn Error>> {
    let cargo = env::var_os("CARGO").ok_or("cargo did not set CARGO")?;
    let target = env::var("TARGET")?;
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--filter-platform", &target])
        .args(extra)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()?;
    if !output.status.success() {
        return Err(format!("`cargo metadata` failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
