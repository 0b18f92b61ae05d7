//! Every grant in the manifest is needed: without it the component fails. So none is there for nothing, and the
//! sandbox, not a convention, is what keeps a component from what it has no business with.

mod left;
mod seen;
mod works;

use futures::StreamExt as _;
use futures::stream;
use left::WEBHOOK_SECRET;
use std::fmt;
use std::future::ready;
use std::sync::Arc;
use tokio::sync::OnceCell;
use toml_edit::DocumentMut;
use tradepost_manifest::Manifest;
use tradepost_tests::{Application, Compiled, Setup, opened, repository};
use works::works;

/// How many applications are looked at at once. They wait more than they compute.
const AT_ONCE: usize = 12;

/// Something that one component is granted.
#[derive(Clone, Debug)]
enum Grant {
    /// One entry of `allowed_outbound_hosts` or `key_value_stores`.
    Own { component: String, key: String, entry: String },
    /// One of the component's variables.
    Variable { component: String, name: String },
    /// One capability that a dependency inherits.
    Inherited { component: String, dependency: String, capability: String },
}

impl Grant {
    fn component(&self) -> &str {
        match self {
            Self::Own { component, .. }
            | Self::Variable { component, .. }
            | Self::Inherited { component, .. } => component,
        }
    }

    fn remove_from(&self, manifest: &mut DocumentMut) {
        let table = &mut manifest["component"][self.component()];
        match self {
            Self::Own { key, entry, .. } => {
                table[key].as_array_mut().unwrap().retain(|value| value.as_str() != Some(entry));
            }
            Self::Variable { name, .. } => {
                table["variables"].as_table_like_mut().unwrap().remove(name).unwrap();
            }
            Self::Inherited { dependency, capability, .. } => {
                let inherited =
                    table["dependencies"][dependency]["inherit_configuration"].as_array_mut().unwrap();
                inherited.retain(|entry| entry.as_str() != Some(capability));
            }
        }
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Own { component, key, entry } => write!(f, "{component}: {entry} of {key}"),
            Self::Variable { component, name } => write!(f, "{component}: variable {name}"),
            Self::Inherited { component, dependency, capability } => {
                write!(f, "{component}: {capability} inherited by {dependency}")
            }
        }
    }
}

fn text() -> String {
    crate::read("spin.toml")
}

/// The port that every endpoint has somebody behind.
const ADMISSION: &str = "tradepost:gateway/admission@0.1.0";

/// The endpoint that does nothing by itself: what it is granted is the gateway's, and tried for all.
const IDLE: &str = "platform-health";

/// Whether this is granted to an endpoint for the sake of its gateway alone.
fn is_for_the_gateway(manifest: &DocumentMut, grant: &Grant) -> bool {
    let component = &manifest["component"][grant.component()];
    if component.get("dependencies").and_then(|dependencies| dependencies.get(ADMISSION)).is_none() {
        return false;
    }
    match grant {
        Grant::Own { .. } => false,
        Grant::Variable { name, .. } => manifest["component"][IDLE]["variables"].get(name).is_some(),
        Grant::Inherited { dependency, .. } => dependency == ADMISSION,
    }
}

/// Every grant that is to be tried; the gateway's once.
fn grants() -> Vec<Grant> {
    let manifest: DocumentMut = text().parse().unwrap();
    let mut grants = all_grants();
    grants.retain(|grant| grant.component() == IDLE || !is_for_the_gateway(&manifest, grant));
    grants
}

fn all_grants() -> Vec<Grant> {
    let manifest: DocumentMut = text().parse().unwrap();
    let mut grants = Vec::new();
    for (component, table) in manifest["component"].as_table().unwrap() {
        let component = || component.to_owned();
        for key in ["allowed_outbound_hosts", "key_value_stores"] {
            for entry in table.get(key).and_then(|entries| entries.as_array()).into_iter().flatten() {
                let entry = entry.as_str().unwrap().to_owned();
                grants.push(Grant::Own { component: component(), key: key.to_owned(), entry });
            }
        }
        for (name, _) in table
            .get("variables")
            .and_then(|table| table.as_table_like())
            .into_iter()
            .flat_map(|table| table.iter())
        {
            grants.push(Grant::Variable { component: component(), name: name.to_owned() });
        }
        let dependencies = table.get("dependencies").and_then(|table| table.as_table_like());
        for (dependency, entry) in dependencies.into_iter().flat_map(|table| table.iter()) {
            for capability in entry["inherit_configuration"].as_array().unwrap() {
                grants.push(Grant::Inherited {
                    component: component(),
                    dependency: dependency.to_owned(),
                    capability: capability.as_str().unwrap().to_owned(),
                });
            }
        }
    }
    grants
}

/// The manifest with its private routes open.
fn manifest(text: &str) -> Manifest {
    Manifest::parse(&opened(text).to_string(), repository().join("spin.toml")).unwrap()
}

/// The product as it is granted, compiled once.
async fn product() -> Arc<Compiled> {
    static PRODUCT: OnceCell<Arc<Compiled>> = OnceCell::const_new();
    let compile = || Arc::new(Compiled::of(manifest(&text())));
    let product = PRODUCT.get_or_init(|| async { tokio::task::spawn_blocking(compile).await.unwrap() });
    product.await.clone()
}

/// The product but for one grant.
async fn product_without(grant: &Grant) -> Arc<Compiled> {
    let (product, mut text, component) =
        (product().await, text().parse().unwrap(), grant.component().to_owned());
    grant.remove_from(&mut text);
    let compile = move || Arc::new(product.with_other(manifest(&text.to_string()), &component));
    tokio::task::spawn_blocking(compile).await.unwrap()
}

async fn application(compiled: Arc<Compiled>) -> Application {
    let variables = vec![("payment_webhook_secret".to_owned(), WEBHOOK_SECRET.to_owned())];
    Application::with(Setup { compiled: Some(compiled), variables, ..Setup::default() }).await
}

/// The components to look at: those whose names contain what `GRANTS` says, or all.
fn is_wanted(component: &str) -> bool {
    component.contains(&std::env::var("GRANTS").unwrap_or_default())
}

#[test]
fn every_endpoint_has_the_same_gateway() {
    let manifest: DocumentMut = text().parse().unwrap();
    let granted = |component: &str| -> Vec<String> {
        let variables = &manifest["component"][component]["variables"];
        let with_variable = |name: &str| format!("{name} = {:?}", variables[name].as_str());
        let mut granted: Vec<String> = all_grants()
            .iter()
            .filter(|grant| grant.component() == component && is_for_the_gateway(&manifest, grant))
            .map(|grant| match grant {
                Grant::Variable { name, .. } => with_variable(name),
                grant => grant.to_string().replace(component, ""),
            })
            .collect();
        granted.sort();
        granted
    };
    let expected = granted(IDLE);
    assert!(expected.len() > 5, "{expected:?}");
    for (component, table) in manifest["component"].as_table().unwrap() {
        let has_gateway = table.get("dependencies").and_then(|table| table.get(ADMISSION)).is_some();
        if has_gateway {
            assert_eq!(granted(component), expected, "{component}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_component_works_with_what_it_is_granted() {
    let broken = |component: &'static str| async move {
        let app = application(product().await).await;
        let works = works(&app, component).await;
        app.stop().await;
        (!works).then_some(component)
    };
    let components = tradepost_tests::components().endpoints().map(|endpoint| endpoint.id.as_str());
    let broken = stream::iter(components.filter(|component| is_wanted(component))).map(broken);
    let broken: Vec<&str> = broken.buffer_unordered(AT_ONCE).filter_map(ready).collect().await;
    assert!(broken.is_empty(), "these do not work: {broken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_component_works_without_any_one_of_its_grants() {
    let without = |grant: Grant| async move {
        let app = application(product_without(&grant).await).await;
        let unused = works(&app, grant.component()).await;
        app.stop().await;
        unused.then(|| grant.to_string())
    };
    let grants = grants();
    assert!(grants.len() > 40, "{grants:?}");
    let grants = grants.into_iter().filter(|grant| is_wanted(grant.component()));
    let unused: Vec<String> =
        stream::iter(grants).map(without).buffer_unordered(AT_ONCE).filter_map(ready).collect().await;
    assert!(unused.is_empty(), "granted for nothing: {unused:#?}");
}
