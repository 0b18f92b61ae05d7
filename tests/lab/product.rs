//! What the lab examines: the product as its manifest composes it, and the product with a defect.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use tokio::sync::OnceCell;
use toml_edit::{DocumentMut, value};
use tradepost_manifest::Manifest;
use tradepost_tests::{Compiled, components, guest, repository};

/// The product, compiled once.
pub(crate) async fn for_the_lab() -> Arc<Compiled> {
    static PRODUCT: OnceCell<Arc<Compiled>> = OnceCell::const_new();
    let product = PRODUCT.get_or_init(|| async {
        let compile = || Arc::new(Compiled::of(parsed(&text())));
        tokio::task::spawn_blocking(compile).await.unwrap()
    });
    product.await.clone()
}

/// The product with one component built from another source: a piece of a file of its folder replaced. It is built in a
/// copy of the repository under `target/lab`, which is brought up to date first.
pub(crate) fn with_patched(folder: &str, file: &str, (from, to): (&str, &str)) -> Compiled {
    let (copy, target) = (repository().join("target/lab/source"), repository().join("target/lab/build"));
    copy_repository(&copy);
    let file = copy.join(folder).join(file);
    let source = std::fs::read_to_string(&file).unwrap();
    assert!(source.contains(from), "there is no {from:?} in {}", file.display());
    std::fs::write(&file, source.replace(from, to)).unwrap();
    let package = with_something_to_spawn_by(&copy.join(folder).join("Cargo.toml"));
    let status = Command::new(env!("CARGO"))
        .args(["build", "--offline", "--profile", "component", "--target", "wasm32-wasip2", "-p", &package])
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(&copy)
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{package} should build with the defect");
    let built = format!("target/wasm32-wasip2/component/{}.wasm", package.replace('-', "_"));
    let defective = target.join(built.trim_start_matches("target/"));
    let text = text();
    assert!(text.contains(&built), "{built} is not in the manifest");
    Compiled::of(parsed(&text.replace(&built, defective.to_str().unwrap())))
}

/// Lets a component's code call `wasip3`, which defects are made with; the package's name.
fn with_something_to_spawn_by(file: &Path) -> String {
    let mut manifest: DocumentMut = std::fs::read_to_string(file).unwrap().parse().unwrap();
    manifest["dependencies"]["wasip3"]["workspace"] = value(true);
    std::fs::write(file, manifest.to_string()).unwrap();
    manifest["package"]["name"].as_str().unwrap().to_owned()
}

/// Copies what a build of components reads. Files that are the same are left alone, so that cargo builds what differs.
fn copy_repository(copy: &Path) {
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        std::fs::create_dir_all(copy.join(&folder)).unwrap();
        for entry in repository().join(&folder).read_dir().unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                let name = entry.file_name();
                if name != "target" && !name.to_string_lossy().starts_with('.') {
                    folders.push(path);
                }
            } else {
                let bytes = std::fs::read(entry.path()).unwrap();
                if std::fs::read(copy.join(&path)).ok().as_ref() != Some(&bytes) {
                    std::fs::write(copy.join(&path), bytes).unwrap();
                }
            }
        }
    }
}

/// The manifest, with everything built that is in it. Its gateway knows customers.
fn text() -> String {
    components();
    let mut manifest: DocumentMut =
        std::fs::read_to_string(repository().join("spin.toml")).unwrap().parse().unwrap();
    manifest["component"]["gateway-admission"]["source"] = value(guest("turnstile").to_str().unwrap());
    manifest.to_string()
}

fn parsed(text: &str) -> Manifest {
    Manifest::parse(text, repository().join("spin.toml")).unwrap()
}
