//! Application variables: what they are set to, and what each component sees of them.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    ffi::OsString,
    fmt,
    sync::Arc,
};

use crate::{
    fault::Place,
    identifier::{ComponentId, lookup_key},
    manifest::Manifest,
};

/// An entry of `[variables]`.
#[derive(Clone, PartialEq, Eq)]
pub struct VariableDeclaration {
    /// The value when nothing sets one; a variable without a default is required.
    pub default: Option<String>,
    /// Whether the value must not be shown.
    pub secret: bool,
    /// What it is for.
    pub description: Option<String>,
    pub(crate) place: Place,
}

impl fmt::Debug for VariableDeclaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default =
            if self.secret { self.default.as_ref().map(|_| "…") } else { self.default.as_deref() };
        f.debug_struct("VariableDeclaration")
            .field("default", &default)
            .field("secret", &self.secret)
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}

/// The values of a manifest's variables. Its `Debug` shows names only, since any value may be a secret.
#[derive(Clone)]
pub struct Variables {
    values: BTreeMap<String, String>,
    components: HashMap<ComponentId, ComponentVariables>,
}

/// The variables one component sees, in the component's own names. Cloning shares the values; `Debug` shows
/// names only.
#[derive(Clone)]
pub struct ComponentVariables {
    component: ComponentId,
    values: Arc<BTreeMap<String, String>>,
}

/// Why a guest's lookup found nothing: the two cases of `spin:variables`' error that are the guest's own doing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// The name is not spelt as a variable's name can be.
    #[error("{0}")]
    InvalidName(String),
    /// The manifest gives the component no such variable.
    #[error("{0}")]
    Undefined(String),
}

/// The environment variable that sets the application variable `name`.
pub fn environment_name(name: &str) -> String {
    format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase())
}

impl Variables {
    /// Decides every variable: by `flags` (name and value, the last of a name counts), else by the environment
    /// (see [`environment_name`]; `environment` is [`std::env::var_os`] outside tests), else by its default.
    pub fn resolve(
        manifest: &Manifest,
        flags: impl IntoIterator<Item = (String, String)>,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, VariablesError> {
        let mut error =
            VariablesError { manifest: manifest.file().display().to_string(), faults: Vec::new() };
        let mut values = BTreeMap::new();
        for (name, value) in flags {
            if manifest.variables().contains_key(&name) {
                values.insert(name, value);
            } else {
                let declared = manifest.variables().keys().cloned().collect();
                error.faults.push(VariableFault::Undeclared { name, declared });
            }
        }
        for (name, declaration) in manifest.variables() {
            if values.contains_key(name) {
                continue;
            }
            // An empty value is a value, as on Spin.
            match environment(&environment_name(name)).map(OsString::into_string) {
                Some(Ok(value)) => {
                    values.insert(name.clone(), value);
                }
                Some(Err(_)) => error.faults.push(VariableFault::NotText { name: name.clone() }),
                None => match &declaration.default {
                    Some(value) => {
                        values.insert(name.clone(), value.clone());
                    }
                    None => error.faults.push(VariableFault::Missing {
                        name: name.clone(),
                        description: declaration.description.clone(),
                        line: declaration.place.line,
                        column: declaration.place.column,
                    }),
                },
            }
        }
        if !error.faults.is_empty() {
            return Err(error);
        }
        let components = manifest
            .components()
            .map(|component| {
                let values = component.variables.iter().filter_map(|(name, template)| {
                    // The manifest was refused if a template mentioned a variable that is not declared.
                    let value = template.render(|name| values.get(name).map(String::as_str))?;
                    Some((name.clone(), value))
                });
                let id = component.id.clone();
                (id.clone(), ComponentVariables { component: id, values: Arc::new(values.collect()) })
            })
            .collect();
        Ok(Self { values, components })
    }

    /// The value of an application variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// What `component` sees: nothing at all if the manifest gives it no variables.
    pub fn for_component(&self, component: &ComponentId) -> ComponentVariables {
        self.components
            .get(component)
            .cloned()
            .unwrap_or_else(|| ComponentVariables { component: component.clone(), values: Arc::default() })
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Variables").field(&self.values.keys().collect::<Vec<_>>()).finish()
    }
}

impl ComponentVariables {
    /// The value of the variable that the component calls `name`. `name` comes from a guest, and is refused as
    /// Spin refuses it if it is no variable's name.
    pub fn get(&self, name: &str) -> Result<&str, LookupError> {
        lookup_key(name).map_err(|reason| LookupError::InvalidName(format!("{name:?}: {reason}")))?;
        self.values.get(name).map(String::as_str).ok_or_else(|| {
            LookupError::Undefined(format!("no variable {name:?} for component `{}`", self.component))
        })
    }

    /// The names the component can look up.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }
}

impl fmt::Debug for ComponentVariables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComponentVariables")
            .field("component", &self.component)
            .field("names", &self.values.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// Variables that are not set, or wrongly. Displayed, it is one line per fault.
#[derive(Debug)]
pub struct VariablesError {
    manifest: String,
    /// Everything found wrong. None of it shows a value.
    pub faults: Vec<VariableFault>,
}

/// One thing wrong with how the variables are set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariableFault {
    /// A required variable has no value.
    Missing {
        /// Its name.
        name: String,
        /// What the manifest says it is for.
        description: Option<String>,
        /// The line it is declared on.
        line: usize,
        /// The column it is declared at.
        column: usize,
    },
    /// A flag sets a variable that the manifest does not declare.
    Undeclared {
        /// The name in the flag.
        name: String,
        /// The names there are.
        declared: Vec<String>,
    },
    /// The environment has a value that is not UTF-8.
    NotText {
        /// The variable's name.
        name: String,
    },
}

impl fmt::Display for VariablesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            let manifest = &self.manifest;
            match fault {
                VariableFault::Missing { name, description, line, column } => {
                    let purpose = description.as_ref().map_or(String::new(), |text| format!(" ({text})"));
                    let environment = environment_name(name);
                    write!(
                        f,
                        "{separator}{manifest}:{line}:{column}: the variable `{name}`{purpose} has no value: \
                         pass `--variable {name}=<value>` or set `{environment}`"
                    )?;
                }
                VariableFault::Undeclared { name, declared } => {
                    let declared = declared.join(", ");
                    write!(
                        f,
                        "{separator}`--variable {name}=…` sets a variable that {manifest} does not declare; it \
                         declares: {declared}"
                    )?;
                }
                VariableFault::NotText { name } => {
                    write!(f, "{separator}`{}` is not valid UTF-8", environment_name(name))?;
                }
            }
        }
        Ok(())
    }
}

impl Error for VariablesError {}

#[cfg(test)]
mod tests;
