//! Makes the host's bindings from the WIT files that the `spin-sdk` crate ships, so that what the host offers
//! and what a guest imports come from one source and cannot drift apart.

use std::path::{Path, PathBuf};
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

fn main() {
    let wit = sdk_wit_directory();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", wit.display());
    let bindings: String = WORLDS
        .iter()
        .map(|(module, world, with)| {
            format!(
                "pub mod {module} {{\n    wasmtime::component::bindgen!({{\n        path: {wit:?},\n        \
                 world: {world:?},\n        imports: {{ default: async | trappable }},\n        \
                 with: {{ {} }},\n    }});\n}}\n",
                with.join(", ")
            )
        })
        .collect();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("bindings.rs");
    fs::write(&out, bindings).expect("OUT_DIR is writable");
}

/// Where cargo put the `spin-sdk` crate that this workspace is locked to.
fn sdk_wit_directory() -> PathBuf {
    // Offline first: the crate is a build dependency of this one, so it is there already, and a build script
    // has no business on the network. Only when cargo wants packages of other targets to answer at all does
    // the second form let it fetch them, as any cargo command would.
    let metadata = metadata(&["--offline"]).or_else(|| metadata(&[])).expect("`cargo metadata` answers");
    let packages = metadata["packages"].as_array().expect("metadata lists packages");
    let sdk = packages.iter().find(|package| package["name"] == "spin-sdk").expect("spin-sdk is locked");
    let manifest = sdk["manifest_path"].as_str().expect("a package has a manifest path");
    Path::new(manifest).with_file_name("wit")
}

fn metadata(extra: &[&str]) -> Option<serde_json::Value> {
    let cargo = env::var_os("CARGO").expect("cargo sets CARGO");
    let target = env::var("TARGET").expect("cargo sets TARGET");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--filter-platform", &target])
        .args(extra)
        .current_dir(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"))
        .output()
        .ok()?;
    output.status.success().then(|| serde_json::from_slice(&output.stdout).ok())?
}
