//! `[component.<id>.dependencies]`: which component satisfies which import, and what it may use of the host.

use std::{collections::BTreeSet, fmt, path::PathBuf};

use semver::Version;

use crate::{
    document::{Entry, Node, Section, Shape, Unsupported},
    fault::{Faults, Place},
    identifier::{ComponentId, kebab},
};

/// One entry of a component's `dependencies`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// Which imports it satisfies.
    pub name: DependencyName,
    /// The Wasm file, joined to the manifest's folder.
    pub path: PathBuf,
    /// The manifest's component it is, when it was named as one.
    pub component: Option<ComponentId>,
    /// The export that satisfies the import, when it is not the one of the import's own name.
    pub export: Option<String>,
    /// The component's own capabilities that the dependency shares; every other one is denied to it.
    pub inherits: BTreeSet<Capability>,
    pub(crate) place: Place,
}

/// The name of a dependency: a package, and perhaps one of its interfaces and its version, as in
/// `tradepost:ordering/order-journal@0.1.0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DependencyName {
    package: String,
    interface: Option<String>,
    version: Option<Version>,
}

/// Something of the host that a dependency may share with the component that uses it: what
/// `inherit_configuration` lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the manifest's word for itself")]
pub enum Capability {
    AiModels,
    AllowedOutboundHosts,
    Environment,
    Files,
    KeyValueStores,
    SqliteDatabases,
    Variables,
}

impl Capability {
    /// All there are.
    pub const ALL: [Self; 7] = [
        Self::AiModels,
        Self::AllowedOutboundHosts,
        Self::Environment,
        Self::Files,
        Self::KeyValueStores,
        Self::SqliteDatabases,
        Self::Variables,
    ];

    /// The manifest's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AiModels => "ai_models",
            Self::AllowedOutboundHosts => "allowed_outbound_hosts",
            Self::Environment => "environment",
            Self::Files => "files",
            Self::KeyValueStores => "key_value_stores",
            Self::SqliteDatabases => "sqlite_databases",
            Self::Variables => "variables",
        }
    }
}

impl DependencyName {
    /// Reads a name; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => {
                let version = Version::parse(version)
                    .map_err(|cause| format!("`{version}` is not a version such as 0.1.0: {cause}"))?;
                (name, Some(version))
            }
            None => (text, None),
        };
        let (package, interface) = match name.split_once('/') {
            Some((package, interface)) => (package, Some(interface)),
            None => (name, None),
        };
        // Spin would also take a plain `name`, for an import that belongs to no package. No world of ours has
        // one.
        let (namespace, package_name) = package
            .split_once(':')
            .ok_or_else(|| "it must be written `namespace:package/interface@version`".to_owned())?;
        for part in [Some(namespace), Some(package_name), interface].into_iter().flatten() {
            kebab(part).map_err(|reason| format!("`{part}` is no part of a WIT name: {reason}"))?;
        }
        Ok(Self { package: package.to_owned(), interface: interface.map(ToOwned::to_owned), version })
    }

    /// Whether this dependency satisfies the import `import`, as a component names it
    /// (`tradepost:ordering/order-journal@0.1.0`). What the name leaves out, any will do; a version must be the
    /// very same.
    pub fn matches_import(&self, import: &str) -> bool {
        let Some((package, rest)) = import.split_once('/') else { return false };
        let (interface, version) = match rest.split_once('@') {
            Some((interface, version)) => (interface, Some(version)),
            None => (rest, None),
        };
        let same_version = |own: &Version| {
            version.and_then(|version| Version::parse(version).ok()).is_some_and(|version| version == *own)
        };
        self.package == package
            && self.interface.as_deref().is_none_or(|own| own == interface)
            && self.version.as_ref().is_none_or(same_version)
    }

    /// The interface, unless it stands for all of the package's.
    pub fn interface(&self) -> Option<&str> {
        self.interface.as_deref()
    }

    /// The package, as `tradepost:ordering`.
    pub fn package(&self) -> &str {
        &self.package
    }

    /// The version, unless any will do.
    pub fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }

    /// Whether Spin would let the two stand side by side: only if no import could be satisfied by both, and
    /// for versions only if they are incompatible.
    fn disjoint(&self, other: &Self) -> bool {
        let differ = |ours: Option<&String>, theirs: Option<&String>| {
            ours.zip(theirs).is_some_and(|(ours, theirs)| ours != theirs)
        };
        self.package != other.package
            || differ(self.interface.as_ref(), other.interface.as_ref())
            || self
                .version
                .as_ref()
                .zip(other.version.as_ref())
                .is_some_and(|(ours, theirs)| track(ours) != track(theirs))
    }
}

/// What of a version decides compatibility: up to the first number that is not zero, and all of a pre-release.
fn track(version: &Version) -> (u64, u64, u64, &str) {
    let Version { major, minor, patch, pre, .. } = version;
    if !pre.is_empty() {
        return (*major, *minor, *patch, pre.as_str());
    }
    match (major, minor) {
        (0, 0) => (0, 0, *patch, ""),
        (0, minor) => (0, *minor, 0, ""),
        (major, _) => (*major, 0, 0, ""),
    }
}

impl fmt::Display for DependencyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.package)?;
        if let Some(interface) = &self.interface {
            write!(f, "/{interface}")?;
        }
        if let Some(version) = &self.version {
            write!(f, "@{version}")?;
        }
        Ok(())
    }
}

const ONLY_LOCAL: &str = "a dependency is a file (`path`) or a component of this manifest (`component`)";
const UNSUPPORTED: &[Unsupported] = &[
    ("version", ONLY_LOCAL),
    ("registry", ONLY_LOCAL),
    ("package", ONLY_LOCAL),
    ("url", ONLY_LOCAL),
    ("digest", ONLY_LOCAL),
];

/// Reads the dependencies of the component `owner`. Paths are joined to `folder`; a dependency that is a
/// component has no path yet.
pub(crate) fn read(
    owner: &str,
    node: &Node<'_>,
    folder: &std::path::Path,
    faults: &mut Faults<'_>,
) -> Vec<Dependency> {
    let Some(section) = Section::open(node, format!("[component.{owner}.dependencies]"), faults) else {
        return Vec::new();
    };
    let mut read: Vec<Dependency> = Vec::new();
    for entry in section.entries(faults) {
        let Some(dependency) = read_one(&entry, folder, faults) else { continue };
        if let Some(earlier) = read.iter().find(|earlier| !earlier.name.disjoint(&dependency.name)) {
            let Dependency { name, place, .. } = earlier;
            let message = format!(
                "it and `{name}` on line {} would satisfy the same or compatible imports",
                place.line
            );
            faults.add(entry.key.place, message);
        }
        read.push(dependency);
    }
    read
}

fn read_one(
    Entry { key, value }: &Entry<'_>,
    folder: &std::path::Path,
    faults: &mut Faults<'_>,
) -> Option<Dependency> {
    let name = DependencyName::parse(key.text)
        .map_err(|reason| faults.add(key.place, format!("`{}` names no import: {reason}", key.text)));
    if let Shape::Text(_) = value.shape {
        faults.add(
            value.place,
            format!("Spin would fetch this version from a registry; this host does not: {ONLY_LOCAL}"),
        );
        return None;
    }
    let mut section = Section::open(value, format!("the dependency `{}`", key.text), faults)?;
    let path = section.text("path", faults);
    let component = section.text("component", faults);
    let export = section.text("export", faults);
    let inherits = section.take("inherit_configuration", faults);
    let inherits = inherits.map_or_else(BTreeSet::new, |node| read_inherits(&node, faults));
    section.close(UNSUPPORTED, faults);

    let name = name.ok()?;
    if let (Some(export), None) = (export, &name.interface) {
        let message = "Spin permits `export` only where the dependency's name has an interface";
        faults.add(export.place, message);
    }
    let component = match component.map(|id| (id, ComponentId::parse(id.text))) {
        None => None,
        Some((_, Ok(id))) => Some(id),
        Some((id, Err(reason))) => {
            faults.add(id.place, format!("`{}` is no component's id: {reason}", id.text));
            return None;
        }
    };
    let path = match (path, &component) {
        (Some(path), None) => folder.join(path.text),
        (None, Some(_)) => PathBuf::new(),
        (Some(_), Some(_)) => {
            faults.add(value.place, "a dependency has a `path` or a `component`, not both");
            return None;
        }
        (None, None) => {
            faults.add(value.place, format!("the dependency `{name}` needs a `path` or a `component`"));
            return None;
        }
    };
    let export = export.map(|export| export.text.to_owned());
    Some(Dependency { name, path, component, export, inherits, place: key.place })
}

fn read_inherits(node: &Node<'_>, faults: &mut Faults<'_>) -> BTreeSet<Capability> {
    let list = match &node.shape {
        Shape::Truth(true) => return Capability::ALL.into(),
        Shape::Truth(false) => return BTreeSet::new(),
        Shape::List(list) => list,
        _ => {
            node.refuse_kind("inherit_configuration", "true, false or an array of strings", faults);
            return BTreeSet::new();
        }
    };
    let mut inherits = BTreeSet::new();
    for node in list {
        let Some(word) = node.text("each of inherit_configuration", faults) else { continue };
        let known = Capability::ALL.into_iter().find(|capability| capability.as_str() == word.text);
        if known.is_none() {
            // Spin says nothing about a word it does not know, and denies what it was meant to share.
            let words: Vec<_> = Capability::ALL.iter().map(|capability| capability.as_str()).collect();
            let message = format!("there is no `{}` to inherit; there are {}", word.text, words.join(", "));
            faults.add(word.place, message);
        }
        inherits.extend(known);
    }
    inherits
}

#[cfg(test)]
mod tests;
