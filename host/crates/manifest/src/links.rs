//! What can only be judged across the manifest's tables: dependencies, service chaining and precedence.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    allowed_hosts::{self, HostFault},
    component::Component,
    fault::{Faults, Place},
    identifier::ComponentId,
    route::RoutePattern,
    router::Router,
    trigger::{Route, Trigger},
};

/// Gives every dependency that names a component that component's file. There can be no cycles: what is plugged
/// in has no dependencies itself.
pub(crate) fn plug_in(components: &mut BTreeMap<ComponentId, Component>, faults: &mut Faults<'_>) {
    let available: BTreeMap<_, _> = components
        .values()
        .map(|component| (component.id.clone(), (component.source.clone(), component.own_resources())))
        .collect();
    for (owner, component) in components.iter_mut() {
        for dependency in &mut component.dependencies {
            let Some(id) = &dependency.component else { continue };
            let place = dependency.place;
            match available.get(id) {
                _ if id == owner => faults.add(place, format!("`{id}` cannot be its own dependency")),
                None => faults.add(place, format!("there is no [component.{id}]")),
                Some((source, own)) if own.is_empty() => dependency.path.clone_from(source),
                Some((_, own)) => faults.add(
                    place,
                    format!(
                        "`{id}` cannot be a dependency because it has {} of its own, which composition would \
                         drop: give them to `{owner}` and let the dependency inherit them",
                        own.join(", ")
                    ),
                ),
            }
        }
    }
}

/// Refuses entries without variables that name, by its `spin.internal` host, a component that cannot answer.
pub(crate) fn check_chaining(
    components: &BTreeMap<ComponentId, Component>,
    endpoints: &BTreeSet<ComponentId>,
    faults: &mut Faults<'_>,
) {
    let grants = components.values().flat_map(|component| &component.allowed_outbound_hosts);
    for grant in grants.filter(|grant| grant.template.is_literal()) {
        if let Err(fault) = check_chained(grant.as_str(), |id| endpoints.contains(id)) {
            faults.add(grant.place, format!("`{}` is no allowed host: {fault}", grant.as_str()));
        }
    }
}

/// Whether the component that an entry names by its `spin.internal` host, if it does, can answer.
pub(crate) fn check_chained(resolved: &str, is_endpoint: impl Fn(&str) -> bool) -> Result<(), HostFault> {
    match allowed_hosts::chained_to(resolved) {
        Some(id) if !is_endpoint(&id) => Err(HostFault::NoSuchComponent),
        _ => Ok(()),
    }
}

/// Builds the router, and refuses routes that nothing would reach.
pub(crate) fn route(
    triggers: &[Trigger],
    endpoints: BTreeSet<ComponentId>,
    faults: &mut Faults<'_>,
) -> Option<Router> {
    let public: Vec<(&Trigger, &RoutePattern)> = triggers
        .iter()
        .filter_map(|trigger| match &trigger.route {
            Route::Public(pattern) => Some((trigger, pattern)),
            Route::Private => None,
        })
        .collect();
    let owned = public.iter().map(|(trigger, pattern)| ((*pattern).clone(), trigger.component.clone()));
    let router = Router::new(owned, endpoints)
        .map_err(|reason| faults.add(Place::START, format!("the routes cannot be ordered: {reason}")))
        .ok()?;
    let mut in_order = true;
    for (index, (trigger, pattern)) in public.iter().enumerate() {
        if pattern.begins_with_dot() && public.iter().skip(index).any(|(_, later)| !later.begins_with_dot()) {
            let message = format!(
                "`{pattern}` must be declared after all routes that do not begin with a dot, since it upsets \
                 the order in which Spin tries those that follow it"
            );
            faults.add(trigger.place, message);
            in_order = false;
        }
    }
    // In a wrong order other routes may be out of reach only because of that.
    for (own, winner) in in_order.then(|| router.shadowed()).into_iter().flatten() {
        let (Some((trigger, pattern)), Some((_, winner))) = (public.get(own), public.get(winner)) else {
            continue;
        };
        // The same route twice has a fault of its own.
        if pattern != winner {
            faults.add(trigger.place, format!("no request reaches `{pattern}`: Spin lets `{winner}` answer"));
        }
    }
    Some(router)
}
