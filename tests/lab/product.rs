//! What the lab examines: the product as its manifest composes it, and a clerk before the ports that no route leads to.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use tokio::sync::OnceCell;
use toml_edit::{DocumentMut, value};
use tradepost_manifest::Manifest;
use tradepost_tests::{Compiled, components, guest, repository};

/// The product with the clerk, compiled once.
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

/// Builds all that is in it, and says what that is.
fn text() -> String {
    components();
    let product = std::fs::read_to_string(repository().join("spin.toml")).unwrap();
    let clerk = format!(
        r#"
[[trigger.http]]
route = "/lab/reservations/..."
component = "clerk"

[component.clerk]
source = "{}"
allowed_outbound_hosts = ["postgres://{{{{ database_host }}}}"]
variables = {{ database_url = "{{{{ database_url }}}}" }}
[component.clerk.dependencies]
"tradepost:inventory/reservations@0.1.0" = {{ component = "reservations-postgres", inherit_configuration = ["allowed_outbound_hosts", "variables"] }}
"#,
        guest("clerk").display(),
    );
    format!("{product}{clerk}")
}

fn parsed(text: &str) -> Manifest {
    Manifest::parse(text, repository().join("spin.toml")).unwrap()
}
