//! The manifest as a whole.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use toml_edit::ImDocument;

use crate::{
    allowed_hosts::AllowedHosts,
    component::Component,
    document::{Entry, Section, Shape, Unsupported},
    fault::{Faults, ManifestError, Place},
    identifier::{ComponentId, snake},
    links,
    router::Router,
    trigger::Trigger,
    variables::{VariableDeclaration, Variables},
};

/// A `spin.toml` that this host can serve.
#[derive(Debug, Clone)]
pub struct Manifest {
    file: PathBuf,
    application: Application,
    variables: BTreeMap<String, VariableDeclaration>,
    components: BTreeMap<ComponentId, Component>,
    triggers: Vec<Trigger>,
    router: Router,
}

/// `[application]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Application {
    /// The application's name.
    pub name: String,
    /// Its version; may be empty.
    pub version: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Who wrote it.
    pub authors: Vec<String>,
}

const APPLICATION_UNSUPPORTED: &[Unsupported] = &[
    ("targets", "it checks no target environments"),
    ("trigger", "its one trigger has no settings for the whole application"),
    ("tool", "it reads no other tool's settings"),
];

impl Manifest {
    /// Reads the manifest at `file`. Paths inside it become relative to wherever `file` is relative to.
    pub fn read(file: impl AsRef<Path>) -> Result<Self, ManifestError> {
        let file = file.as_ref();
        let text = std::fs::read_to_string(file).map_err(|cause| ManifestError::unreadable(file, cause))?;
        Self::parse(&text, file)
    }

    /// Reads a manifest's text. `file` is where it would stand: paths inside it are joined to its folder, and
    /// faults name it.
    pub fn parse(text: &str, file: impl AsRef<Path>) -> Result<Self, ManifestError> {
        let file = file.as_ref();
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut faults = Faults::new(text);
        let document = match ImDocument::parse(text) {
            Ok(document) => document,
            Err(error) => {
                // Only the message: the error's own Display shows the line, on which a secret may stand.
                let place = error.span().map_or(Place::START, |span| faults.place(&span));
                faults.add(place, error.message().trim().replace('\n', ": "));
                return Err(faults.into_error(file));
            }
        };
        let mut root = Section::root(document.as_table());
        read_version(&mut root, &mut faults);
        let application = root.require("application", &mut faults);
        let variables = root.take("variables", &faults);
        let triggers = root.require("trigger", &mut faults);
        let components = root.take("component", &faults);
        root.close(&[], &mut faults);

        let application = application
            .and_then(|node| Section::open(&node, "[application]", &mut faults))
            .map(|section| Application::read(section, &mut faults))
            .unwrap_or_default();
        let variables = variables
            .and_then(|node| Section::open(&node, "[variables]", &mut faults))
            .map(|section| read_variables(&section, &mut faults))
            .unwrap_or_default();
        let mut components = components
            .and_then(|node| Section::open(&node, "[component]", &mut faults))
            .map(|section| read_components(&section, folder, &variables, &mut faults))
            .unwrap_or_default();
        let triggers = triggers
            .and_then(|node| Section::open(&node, "[trigger]", &mut faults))
            .map(|section| Trigger::read_all(section, &components, &mut faults))
            .unwrap_or_default();

        let endpoints: BTreeSet<_> = triggers.iter().map(|trigger| trigger.component.clone()).collect();
        links::plug_in(&mut components, &mut faults);
        links::check_chaining(&components, &endpoints, &mut faults);
        let router = links::route(&triggers, endpoints, &mut faults);
        match router {
            Some(router) if faults.is_empty() => {
                Ok(Self { file: file.to_owned(), application, variables, components, triggers, router })
            }
            _ => Err(faults.into_error(file)),
        }
    }

    /// The file it was read from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// `[application]`.
    pub fn application(&self) -> &Application {
        &self.application
    }

    /// `[variables]` by name.
    pub fn variables(&self) -> &BTreeMap<String, VariableDeclaration> {
        &self.variables
    }

    /// Every trigger, in the order of the file.
    pub fn triggers(&self) -> &[Trigger] {
        &self.triggers
    }

    /// Every component, by id.
    pub fn components(&self) -> impl Iterator<Item = &Component> {
        self.components.values()
    }

    /// The components that have a trigger, by id: what is instantiated to answer requests.
    pub fn endpoints(&self) -> impl Iterator<Item = &Component> {
        self.components().filter(|component| self.is_endpoint(component.id.as_str()))
    }

    /// The components without a trigger, by id: there to be plugged into others.
    pub fn adapters(&self) -> impl Iterator<Item = &Component> {
        self.components().filter(|component| !self.is_endpoint(component.id.as_str()))
    }

    /// The component `id`.
    pub fn component(&self, id: &str) -> Option<&Component> {
        self.components.get(id)
    }

    /// Whether the component `id` has a trigger.
    pub fn is_endpoint(&self, id: &str) -> bool {
        self.triggers.iter().any(|trigger| trigger.component == *id)
    }

    /// The router over the public routes.
    pub fn router(&self) -> &Router {
        &self.router
    }

    /// Where `component` may connect to, now that the variables are decided. Faults point at the entries and do
    /// not show what the variables made of them.
    pub fn allowed_hosts(
        &self,
        component: &Component,
        variables: &Variables,
    ) -> Result<AllowedHosts, ManifestError> {
        let mut allowed = AllowedHosts::default();
        let mut faults = Faults::new("");
        for grant in &component.allowed_outbound_hosts {
            let granted = match grant.template.render(|name| variables.get(name)) {
                None => Err("one of its variables has no value".to_owned()),
                Some(resolved) => allowed
                    .grant(grant, &resolved, self.components.keys())
                    .and_then(|()| links::check_chained(&resolved, |id| self.is_endpoint(id)))
                    .map_err(|fault| fault.to_string()),
            };
            if let Err(reason) = granted {
                let message = format!("`{}` comes to no allowed host: {reason}", grant.as_str());
                faults.add(grant.place, message);
            }
        }
        if faults.is_empty() { Ok(allowed) } else { Err(faults.into_error(&self.file)) }
    }
}

fn read_version(root: &mut Section<'_>, faults: &mut Faults<'_>) {
    let Some(node) = root.require("spin_manifest_version", faults) else { return };
    if !matches!(node.shape, Shape::Integer(2)) {
        faults.add(node.place, "`spin_manifest_version` must be 2: it is the only version this host reads");
    }
}

impl Application {
    fn read(mut section: Section<'_>, faults: &mut Faults<'_>) -> Self {
        let name = section.require_text("name", faults);
        let version = section.text("version", faults);
        let description = section.text("description", faults);
        let authors = section.texts("authors", faults);
        section.close(APPLICATION_UNSUPPORTED, faults);
        Self {
            name: name.map_or("", |name| name.text).to_owned(),
            version: version.map_or("", |version| version.text).to_owned(),
            description: description.map_or("", |description| description.text).to_owned(),
            authors: authors.iter().map(|author| author.text.to_owned()).collect(),
        }
    }
}

fn read_variables(section: &Section<'_>, faults: &mut Faults<'_>) -> BTreeMap<String, VariableDeclaration> {
    let mut variables = BTreeMap::new();
    for Entry { key, value } in section.entries(faults) {
        if let Err(reason) = snake(key.text) {
            faults.add(key.place, format!("`{}` cannot name a variable: {reason}", key.text));
        }
        let Some(mut section) = Section::open(&value, format!("the variable `{}`", key.text), faults) else {
            continue;
        };
        let default = section.text("default", faults);
        let has_default = default.is_some() || section.has("default");
        let required = section.truth("required", faults).unwrap_or(false);
        let secret = section.truth("secret", faults).unwrap_or(false);
        let description = section.text("description", faults);
        section.close(&[], faults);
        if required == has_default {
            let message =
                format!("the variable `{}` must have either a `default` or `required = true`", key.text);
            faults.add(key.place, message);
        }
        let declaration = VariableDeclaration {
            default: default.map(|default| default.text.to_owned()),
            secret,
            description: description.map(|description| description.text.to_owned()),
            place: key.place,
        };
        variables.insert(key.text.to_owned(), declaration);
    }
    variables
}

fn read_components(
    section: &Section<'_>,
    folder: &Path,
    declared: &BTreeMap<String, VariableDeclaration>,
    faults: &mut Faults<'_>,
) -> BTreeMap<ComponentId, Component> {
    let entries = section.entries(faults);
    let components = entries.iter().filter_map(|entry| Component::read(entry, folder, declared, faults));
    components.map(|component| (component.id.clone(), component)).collect()
}

#[cfg(test)]
mod tests;
