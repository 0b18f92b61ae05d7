//! `[component.<id>]`: a Wasm file, and all that it may use.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    allowed_hosts::{self, HostGrant},
    dependency::{self, Dependency},
    document::{Entry, Node, Section, Shape, Text, Unsupported},
    fault::Faults,
    identifier::{ComponentId, label, snake},
    template::Template,
    variables::VariableDeclaration,
};

/// A component of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its id.
    pub id: ComponentId,
    /// The Wasm file, joined to the manifest's folder. It need not exist yet.
    pub source: PathBuf,
    /// What it is for; may be empty.
    pub description: String,
    /// Where it may connect to; see [`crate::Manifest::allowed_hosts`].
    pub allowed_outbound_hosts: Vec<HostGrant>,
    /// The labels of the key-value stores it may open.
    pub key_value_stores: Vec<String>,
    /// Its variables by its own names; see [`crate::Variables::for_component`].
    pub variables: BTreeMap<String, Template>,
    /// How it is built, if the manifest says.
    pub build: Option<Build>,
    /// What satisfies its imports beside the host.
    pub dependencies: Vec<Dependency>,
}

/// `[component.<id>.build]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Shell commands, to be run one after the other.
    pub commands: Vec<String>,
    /// Where to run them, joined to the manifest's folder.
    pub workdir: PathBuf,
    /// Globs of the files that make a rebuild necessary, relative to `workdir`.
    pub watch: Vec<String>,
}

const UNSUPPORTED: &[Unsupported] = &[
    ("environment", "components are configured by `variables`"),
    ("files", "no component is given files"),
    ("exclude_files", "no component is given files"),
    ("allowed_http_hosts", "it is deprecated in favour of `allowed_outbound_hosts`"),
    ("sqlite_databases", "it has no SQLite"),
    ("ai_models", "it runs no models"),
    ("targets", "it checks no target environments"),
    ("tool", "it reads no other tool's settings"),
    ("dependencies_inherit_configuration", "each dependency has its own `inherit_configuration`"),
    ("profile", "it has no build profiles"),
];

impl Component {
    /// The dependency that satisfies the import `import`; a manifest is refused if two could.
    pub fn dependency_for(&self, import: &str) -> Option<&Dependency> {
        self.dependencies.iter().find(|dependency| dependency.name.matches_import(import))
    }

    /// The names of its own resources, none of which a component that is plugged in elsewhere may have.
    pub(crate) fn own_resources(&self) -> Vec<&'static str> {
        [
            ("allowed_outbound_hosts", self.allowed_outbound_hosts.is_empty()),
            ("dependencies", self.dependencies.is_empty()),
            ("key_value_stores", self.key_value_stores.is_empty()),
            ("variables", self.variables.is_empty()),
        ]
        .into_iter()
        .filter_map(|(name, empty)| (!empty).then_some(name))
        .collect()
    }

    /// Reads a component. Faulty parts are left out of it, so that the rest can still be checked.
    pub(crate) fn read(
        Entry { key, value }: &Entry<'_>,
        folder: &Path,
        declared: &BTreeMap<String, VariableDeclaration>,
        faults: &mut Faults<'_>,
    ) -> Option<Self> {
        let id = ComponentId::parse(key.text).map_err(|reason| {
            faults.add(key.place, format!("`{}` cannot be a component's id: {reason}", key.text));
        });
        let title = format!("[component.{}]", key.text);
        let mut section = Section::open(value, title, faults)?;
        let source = section.require("source", faults).and_then(|node| read_source(&node, faults));
        let description = section.text("description", faults).map_or("", |text| text.text);
        let hosts = section.texts("allowed_outbound_hosts", faults);
        let stores = section.texts("key_value_stores", faults);
        let variables = section.take("variables", faults);
        let build = section.take("build", faults);
        let dependencies = section.take("dependencies", faults);
        section.close(UNSUPPORTED, faults);

        let key_value_stores = read_labels(&stores, faults);
        let allowed_outbound_hosts =
            hosts.iter().filter_map(|host| read_host(host, declared, faults)).collect();
        let variables =
            variables.map_or_else(BTreeMap::new, |node| read_variables(key.text, &node, declared, faults));
        let build = build.and_then(|node| Build::read(key.text, &node, folder, faults));
        let dependencies =
            dependencies.map_or_else(Vec::new, |node| dependency::read(key.text, &node, folder, faults));
        Some(Self {
            id: id.ok()?,
            source: source.map_or_else(PathBuf::new, |source| folder.join(source)),
            description: description.to_owned(),
            allowed_outbound_hosts,
            key_value_stores,
            variables,
            build,
            dependencies,
        })
    }
}

fn read_source<'d>(node: &Node<'d>, faults: &mut Faults<'_>) -> Option<&'d str> {
    if let Shape::Table(_) = node.shape {
        faults.add(
            node.place,
            "Spin would fetch this from the network; this host does not: `source` is a path",
        );
        return None;
    }
    let source = node.text("source", faults)?;
    if source.text.is_empty() {
        faults.add(source.place, "`source` must not be empty");
        return None;
    }
    Some(source.text)
}

fn read_labels(stores: &[Text<'_>], faults: &mut Faults<'_>) -> Vec<String> {
    let mut labels: Vec<String> = Vec::new();
    for Text { text, place } in stores {
        if let Err(reason) = label(text) {
            faults.add(*place, format!("`{text}` cannot be a key-value store's label: {reason}"));
        } else if labels.iter().any(|earlier| earlier == text) {
            faults.add(*place, format!("the key-value store `{text}` is listed twice"));
        } else {
            labels.push((*text).to_owned());
        }
    }
    labels
}

fn read_host(
    host: &Text<'_>,
    declared: &BTreeMap<String, VariableDeclaration>,
    faults: &mut Faults<'_>,
) -> Option<HostGrant> {
    let template = read_template(host, declared, faults)?;
    let default = |name: &str| declared.get(name).and_then(|variable| variable.default.as_deref());
    if let Err(fault) = allowed_hosts::check(&template, default) {
        let with = if template.is_literal() { "" } else { " with its variables' defaults" };
        faults.add(host.place, format!("`{template}` is no allowed host{with}: {fault}"));
        return None;
    }
    Some(HostGrant { template, place: host.place })
}

fn read_variables(
    owner: &str,
    node: &Node<'_>,
    declared: &BTreeMap<String, VariableDeclaration>,
    faults: &mut Faults<'_>,
) -> BTreeMap<String, Template> {
    let title = format!("[component.{owner}.variables]");
    let Some(section) = Section::open(node, title, faults) else { return BTreeMap::new() };
    let mut variables = BTreeMap::new();
    for Entry { key, value } in section.entries(faults) {
        if let Err(reason) = snake(key.text) {
            faults.add(key.place, format!("`{}` cannot name a variable: {reason}", key.text));
        }
        let Some(text) = value.text(key.text, faults) else { continue };
        if let Some(template) = read_template(&text, declared, faults) {
            variables.insert(key.text.to_owned(), template);
        }
    }
    variables
}

fn read_template(
    text: &Text<'_>,
    declared: &BTreeMap<String, VariableDeclaration>,
    faults: &mut Faults<'_>,
) -> Option<Template> {
    let template = match Template::parse(text.text) {
        Ok(template) => template,
        Err(unclosed) => {
            faults.add(text.place, unclosed.to_string());
            return None;
        }
    };
    let undeclared: Vec<_> = template.variables().filter(|name| !declared.contains_key(*name)).collect();
    for name in &undeclared {
        faults.add(text.place, format!("[variables] declares no `{name}`"));
    }
    undeclared.is_empty().then_some(template)
}

impl Build {
    fn read(owner: &str, node: &Node<'_>, folder: &Path, faults: &mut Faults<'_>) -> Option<Self> {
        let mut section = Section::open(node, format!("[component.{owner}.build]"), faults)?;
        let commands = match section.require("command", faults) {
            None => Vec::new(),
            Some(node) => read_commands(&node, faults),
        };
        let workdir = section.text("workdir", faults);
        let watch = section.texts("watch", faults);
        section.close(&[], faults);
        if let Some(workdir) = workdir.filter(|workdir| Path::new(workdir.text).is_absolute()) {
            faults.add(workdir.place, "`workdir` must be relative to the manifest's folder");
        }
        Some(Self {
            commands,
            workdir: workdir.map_or_else(|| folder.to_owned(), |workdir| folder.join(workdir.text)),
            watch: watch.iter().map(|glob| glob.text.to_owned()).collect(),
        })
    }
}

fn read_commands(node: &Node<'_>, faults: &mut Faults<'_>) -> Vec<String> {
    let commands: Vec<_> = match &node.shape {
        Shape::Text(command) => vec![*command],
        Shape::List(list) => list
            .iter()
            .filter_map(|node| node.text("each of command", faults))
            .map(|command| command.text)
            .collect(),
        _ => {
            node.refuse_kind("command", "a string or an array of strings", faults);
            return Vec::new();
        }
    };
    if commands.is_empty() || commands.iter().any(|command| command.trim().is_empty()) {
        faults.add(node.place, "`command` must not be empty");
    }
    commands.into_iter().map(ToOwned::to_owned).collect()
}
