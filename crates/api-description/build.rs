//! Finds the descriptions: each component of a public route has one beside its code, `src/description.rs`. So a route is
//! added by adding a file, and nobody keeps a list.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let components = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../components").canonicalize()?;
    let mut modules = String::new();
    let mut list = String::new();
    for context in folders(&components)? {
        for component in folders(&context)? {
            let file = component.join("src/description.rs");
            // Also of files that are not there yet, so that a new one is found.
            println!("cargo::rerun-if-changed={}", component.join("src").display());
            if file.is_file() {
                let name = |path: &Path| {
                    path.file_name().map(|name| name.to_string_lossy().replace('-', "_")).unwrap_or_default()
                };
                let module = format!("{}_{}", name(&context), name(&component));
                writeln!(modules, "#[path = \"{}\"]\nmod {module};", file.display())?;
                writeln!(list, "routes.extend({module}::routes());")?;
            }
        }
    }
    let body =
        format!("{modules}\nfn found() -> Vec<Route> {{\nlet mut routes = Vec::new();\n{list}routes\n}}\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("descriptions.rs"), body)?;
    println!("cargo::rerun-if-changed={}", components.display());
    Ok(())
}

fn folders(path: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}
