//! Where the repository is, and its components, built once a test process.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use tradepost_manifest::Manifest;

/// The repository's root.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The product's manifest, its components built.
pub fn components() -> &'static Manifest {
    static BUILT: OnceLock<Manifest> = OnceLock::new();
    BUILT.get_or_init(|| {
        let manifest = Manifest::read(repository().join("spin.toml")).unwrap();
        tradepost::component_build::build(&manifest, |step| eprintln!("{step}")).unwrap();
        manifest
    })
}

/// The Wasm file of a component of `tests/guests`, built.
pub fn guest(package: &str) -> PathBuf {
    static BUILDING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one_at_a_time = BUILDING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // The product's build makes sure that the toolchain has the target.
    components();
    let target = repository().join("target");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--profile", "component", "--target", "wasm32-wasip2", "-p", package])
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(repository())
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{package} should build");
    target.join("wasm32-wasip2/component").join(format!("{}.wasm", package.replace('-', "_")))
}
