//! Folder, package and component id are one name.

use crate::{files, package_name};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tradepost_manifest::Manifest;
use tradepost_tests::repository;

fn manifest() -> Manifest {
    Manifest::read(repository().join("spin.toml")).unwrap()
}

/// The folders of components, each with the id that its place asks for.
fn components() -> Vec<(PathBuf, String)> {
    files("components")
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name == "Cargo.toml"))
        .map(|path| {
            let folder = path.parent().unwrap().to_owned();
            let parts: Vec<&str> = folder.iter().skip(1).map(|part| part.to_str().unwrap()).collect();
            let id = match parts.as_slice() {
                ["adapters", adapter] => (*adapter).to_owned(),
                parts => parts.join("-"),
            };
            (folder, id)
        })
        .collect()
}

#[test]
fn a_components_folder_package_id_and_file_have_one_name() {
    let manifest = manifest();
    for (folder, id) in components() {
        assert_eq!(package_name(folder.join("Cargo.toml")), id, "{}", folder.display());
        if ["payment-gateway-http", "user-directory-key-value"].contains(&id.as_str()) {
            // The second adapter of its port, which no manifest plugs in: see its documentation.
            continue;
        }
        let Some(component) = manifest.component(&id) else { panic!("spin.toml has no [component.{id}]") };
        let file = format!("target/wasm32-wasip2/component/{}.wasm", id.replace('-', "_"));
        assert!(component.source.ends_with(&file), "{id}: {}", component.source.display());
        let build = component.build.as_ref().unwrap();
        assert_eq!(
            build.commands,
            [format!("cargo build --profile component --target wasm32-wasip2 -p {id}")]
        );
        assert!(!component.description.is_empty(), "{id} says what it is for");
    }
}

#[test]
fn every_component_of_the_manifest_has_its_folder() {
    let folders: BTreeSet<String> = components().into_iter().map(|(_, id)| id).collect();
    for component in manifest().components() {
        assert!(folders.contains(component.id.as_str()), "{} has no folder", component.id);
    }
}

#[test]
fn an_adapter_is_named_for_its_port_and_its_technology() {
    let ports: Vec<String> = files("wit")
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "wit"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    for (folder, id) in components() {
        if folder.starts_with("components/adapters") {
            let technology = ports.iter().find_map(|port| id.strip_prefix(&format!("{port}-")));
            assert!(
                technology.is_some_and(|technology| [
                    "postgres",
                    "key-value",
                    "service-chaining",
                    "http",
                    "sandbox",
                    "rules"
                ]
                .contains(&technology)),
                "{id} is not <port>-<technology>"
            );
        }
    }
}

#[test]
fn an_interface_stands_in_the_file_of_its_name_and_an_interface_has_one_file() {
    for path in files("wit") {
        if path.extension().is_none_or(|extension| extension != "wit") {
            continue;
        }
        let text = crate::read(&path);
        let interfaces: Vec<&str> = text
            .lines()
            .filter_map(|line| line.strip_prefix("interface ")?.split_whitespace().next())
            .collect();
        assert_eq!(interfaces, [path.file_stem().unwrap().to_str().unwrap()], "{}", path.display());
    }
}

#[test]
fn nothing_is_called_what_everything_could_be() {
    const FOG: &[&str] = &["common", "util", "utils", "shared", "core", "helper", "helpers", "misc", "types"];
    for folder in ["components", "crates", "host", "tests", "wit", "migrations"] {
        for path in files(folder) {
            let in_build_output = path.iter().any(|part| part == "target");
            let foggy = path.iter().find(|part| {
                let stem = Path::new(part).file_stem().unwrap().to_str().unwrap();
                FOG.contains(&stem)
            });
            assert!(in_build_output || foggy.is_none(), "{}", path.display());
        }
    }
}
