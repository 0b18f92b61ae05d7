//! What a dependency meets where it imports an interface that it does not inherit: a denial from every function,
//! in the interface's own terms where it has them.

use crate::compose::DENIED;
use crate::guest::Guest;
use anyhow::{Context as _, Result};
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType, Type, Val};

/// The cases by which interfaces say no, the most telling first; what Spin answers with, too.
const REFUSALS: &[&str] = &["access-denied", "undefined", "HTTP-request-denied", "other"];

/// A resource that nobody can get hold of.
struct Unobtainable;

/// Defines the denied imports of `component`, if it has any.
pub(crate) fn define(linker: &mut Linker<Guest>, component: &Component) -> Result<()> {
    let engine = linker.engine().clone();
    let imports = component.component_type();
    let mut introduced = Vec::new();
    for (name, import) in imports.imports(&engine) {
        let ComponentItem::ComponentInstance(interface) = import.ty else { continue };
        // A resource that an interface uses from another is that other's, granted or not, and wants no definition: the
        // `request` of a denied `http/client` is the one of `http/types`.
        let items = interface.exports(&engine).filter(|(_, item)| match item.ty {
            ComponentItem::Resource(resource) if introduced.contains(&resource) => false,
            ComponentItem::Resource(resource) => {
                introduced.push(resource);
                true
            }
            _ => true,
        });
        let items: Vec<_> = items.collect();
        if name.split_once(':').is_none_or(|(namespace, _)| namespace != DENIED) {
            continue;
        }
        let mut instance = linker.instance(name).map_err(anyhow::Error::from)?;
        for (item_name, item) in items {
            define_item(&mut instance, name, item_name, item.ty)
                .map_err(anyhow::Error::from)
                .with_context(|| format!("denying {name}#{item_name}"))?;
        }
    }
    Ok(())
}

fn define_item(
    instance: &mut LinkerInstance<'_, Guest>,
    interface: &str,
    name: &str,
    item: ComponentItem,
) -> wasmtime::Result<()> {
    match item {
        ComponentItem::Resource(_) => {
            instance.resource(name, ResourceType::host::<Unobtainable>(), |_, _| Ok(()))
        }
        ComponentItem::ComponentFunc(function) => {
            let interface = interface.to_owned();
            if function.async_() {
                instance.func_new_concurrent(name, move |_, function, _, results| {
                    let answer = refuse(&interface, &function, results);
                    Box::pin(std::future::ready(answer))
                })
            } else {
                instance.func_new(name, move |_, function, _, results| refuse(&interface, &function, results))
            }
        }
        _ => Ok(()),
    }
}

/// Answers a call with the refusal that the function's type allows; one whose type has none traps.
fn refuse(interface: &str, function: &ComponentFunc, results: &mut [Val]) -> wasmtime::Result<()> {
    let text = format!(
        "{interface} is not granted: the manifest's dependency does not name its capability in `inherit_configuration`"
    );
    let error = function.results().next().and_then(|result| match result {
        Type::Result(result) => refusal(&result.err()?, &text),
        _ => None,
    });
    match (error, results.first_mut()) {
        (Some(error), Some(result)) => {
            *result = Val::Result(Err(Some(Box::new(error))));
            Ok(())
        }
        _ => Err(wasmtime::format_err!("{text}")),
    }
}

fn refusal(error: &Type, text: &str) -> Option<Val> {
    let Type::Variant(variant) = error else { return None };
    REFUSALS.iter().find_map(|name| {
        let case = variant.cases().find(|case| case.name == *name)?;
        let payload = match case.ty {
            None => None,
            Some(Type::String) => Some(Box::new(Val::String(text.to_owned()))),
            Some(_) => return None,
        };
        Some(Val::Variant((*name).to_owned(), payload))
    })
}
