//! Plugs a component's dependencies into it, as the manifest says, with nothing inherited that is not named.
//!
//! Composition is one level deep, as on Spin: what a dependency imports is the host's to give. Inside the
//! composition the host could no longer tell a dependency's import from its user's, so an interface that a
//! dependency does not inherit is imported under another name, `denied:…`, which the host answers with denials.

use crate::engine::Content;
use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};
use std::collections::HashSet;
use std::sync::Arc;
use tradepost_manifest::{Capability, Dependency};
use wac_graph::types::{Interface, ItemKind, Package, SubtypeChecker, WorldId};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId};

/// Prefix of the package namespace under which denied interfaces are imported.
pub(crate) const DENIED: &str = "denied";

/// Which interfaces a capability stands for. Interfaces of capabilities that the host never grants, such as
/// sockets and files, need no entry: they are closed for everyone.
const GATED: &[(&str, Capability)] = &[
    ("spin:postgres/postgres@4.2.0", Capability::AllowedOutboundHosts),
    ("wasi:http/client@0.3.0", Capability::AllowedOutboundHosts),
    ("spin:key-value/key-value@3.0.0", Capability::KeyValueStores),
    ("spin:variables/variables@3.0.0", Capability::Variables),
];

/// A component's file.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) bytes: Arc<[u8]>,
    content: Content,
}

impl Source {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { content: Sha256::digest(&bytes).into(), bytes: bytes.into() }
    }
}

/// A dependency and its component.
pub(crate) struct Plug<'a> {
    pub(crate) dependency: &'a Dependency,
    pub(crate) source: Source,
}

/// Stands for what [`compose`] makes of the same arguments: the files, how the manifest joins them, and this file,
/// which says how that is done.
pub(crate) fn content(source: &Source, plugs: &[Plug<'_>]) -> Content {
    if plugs.is_empty() {
        return source.content;
    }
    let mut hash = Sha256::new_with_prefix(include_bytes!("compose.rs"));
    hash.update(source.content);
    for Plug { dependency, source } in plugs {
        hash.update(source.content);
        let joint = format!("{} {:?} {:?};", dependency.name, dependency.export, dependency.inherits);
        hash.update(joint.as_bytes());
    }
    hash.finalize().into()
}

/// The component with its dependencies inside. One without dependencies is itself.
pub(crate) fn compose(id: &str, bytes: &[u8], plugs: &[Plug<'_>]) -> Result<Vec<u8>> {
    if plugs.is_empty() {
        return Ok(bytes.to_vec());
    }
    let mut graph = CompositionGraph::new();
    let (world, socket) = instantiate(&mut graph, id, bytes)?;
    let imports: Vec<(String, ItemKind)> =
        graph.types()[world].imports.iter().map(|(name, kind)| (name.clone(), *kind)).collect();

    for plug in plugs {
        let name = plug.dependency.name.to_string();
        let wanted: Vec<_> =
            imports.iter().filter(|(name, _)| plug.dependency.name.matches_import(name)).collect();
        if wanted.is_empty() {
            bail!(
                "component {id:?} imports nothing that its dependency {:?} could satisfy; it imports {}",
                name,
                imports.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
            );
        }
        let (plug_world, instance) = instantiate(&mut graph, &name, &plug.source.bytes)?;
        deny(&mut graph, plug, plug_world, instance)?;
        for (import, import_kind) in wanted {
            let export = plug.dependency.export.as_deref().unwrap_or(import);
            let Some(export_kind) = graph.types()[plug_world].exports.get(export).copied() else {
                bail!("component {id:?}: its dependency {name:?} does not export {export}");
            };
            let mut cache = HashSet::default();
            SubtypeChecker::new(&mut cache)
                .is_subtype(export_kind, graph.types(), *import_kind, graph.types())
                .with_context(|| {
                    format!("component {id:?}: what {name:?} exports as {export} is not what is imported")
                })?;
            let export = graph.alias_instance_export(instance, export)?;
            graph.set_instantiation_argument(socket, import, export)?;
        }
    }

    let exports: Vec<String> = graph.types()[world].exports.keys().cloned().collect();
    for name in exports {
        let export = graph.alias_instance_export(socket, &name)?;
        graph.export(export, &name)?;
    }
    graph.encode(EncodeOptions::default()).with_context(|| format!("composing component {id:?}"))
}

fn instantiate(graph: &mut CompositionGraph, name: &str, bytes: &[u8]) -> Result<(WorldId, NodeId)> {
    let package = Package::from_bytes(&package_name(name), None, bytes, graph.types_mut())
        .with_context(|| format!("{name:?} is not a component"))?;
    let world = package.ty();
    let package = graph.register_package(package)?;
    Ok((world, graph.instantiate(package)))
}

/// Package names in a graph must be unique and have no version; a manifest's dependency names may have one.
fn package_name(name: &str) -> String {
    name.replace(['@', '.'], "-")
}

/// Takes from a dependency what it does not inherit.
fn deny(graph: &mut CompositionGraph, plug: &Plug<'_>, world: WorldId, instance: NodeId) -> Result<()> {
    for (interface, capability) in GATED {
        if plug.dependency.inherits.contains(capability) {
            continue;
        }
        let Some(kind) = graph.types()[world].imports.get(*interface).copied() else { continue };
        let (_, path) = interface.split_once(':').unwrap_or(("", interface));
        let denied = format!("{DENIED}:{path}");
        // Two dependencies may be denied the same interface: they share the import.
        let known = graph.imports().find(|(name, _, node)| *name == denied && node.is_some());
        let import = if let Some((_, _, Some(node))) = known {
            node
        } else {
            let kind = renamed(graph, kind, &denied);
            graph.import(&denied, kind)?
        };
        graph.set_instantiation_argument(instance, interface, import)?;
    }
    Ok(())
}

/// The same interface under an identity of its own: the encoder imports an identity once, and would give the denied
/// instance to whoever imports the interface next, or the granted one to whoever is denied it.
fn renamed(graph: &mut CompositionGraph, kind: ItemKind, id: &str) -> ItemKind {
    let ItemKind::Instance(interface) = kind else { return kind };
    let interface = &graph.types()[interface];
    let renamed = Interface {
        id: Some(id.to_owned()),
        uses: interface.uses.clone(),
        exports: interface.exports.clone(),
    };
    ItemKind::Instance(graph.types_mut().add_interface(renamed))
}
