//! The router: which component a request's path belongs to, and what of the path it captures.
//!
//! The matching is `routefinder`'s, in the very version Spin 4.1 has. 0.6 reads repeated slashes differently,
//! and the order in which 0.5.4 tries its routes is subtle enough (see [`Router::shadowed`]) that only the same
//! code is sure to agree with Spin.

use std::{borrow::Cow, collections::BTreeSet, sync::Arc};

use routefinder::RouteSpec;

use crate::{
    identifier::ComponentId,
    route::{RESERVED_PREFIX, RoutePattern, Segment},
};

const CHAINING_DOMAIN: &str = "spin.internal";

/// Resolves request paths. Cloning shares the routes.
#[derive(Debug, Clone)]
pub struct Router(Arc<Routes>);

#[derive(Debug)]
struct Routes {
    /// In the order in which they are tried.
    tried: Vec<Tried>,
    endpoints: BTreeSet<ComponentId>,
    everything: RoutePattern,
}

#[derive(Debug)]
struct Tried {
    spec: RouteSpec,
    /// Its place among the routes the router was built from.
    index: usize,
    pattern: RoutePattern,
    component: ComponentId,
}

/// A request's path, matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteMatch<'r, 'p> {
    /// The component to run.
    pub component: &'r ComponentId,
    /// The pattern that matched; `/...` for a request made by service chaining.
    pub pattern: &'r RoutePattern,
    /// Parameters and what they matched, in the pattern's order. Values are raw: `%2F` stays `%2F`, and a value
    /// is empty where the path has two slashes in a row.
    pub captures: Vec<(&'r str, &'p str)>,
    /// What a catch-all matched, with its leading slash and with the path's trailing one; empty otherwise.
    pub path_info: Cow<'p, str>,
}

impl RouteMatch<'_, '_> {
    /// What the parameter `name` matched.
    pub fn capture(&self, name: &str) -> Option<&str> {
        self.captures.iter().find_map(|(key, value)| (*key == name).then_some(*value))
    }
}

impl Router {
    /// `routes` are the public ones in the order of the manifest, which Spin's precedence depends on;
    /// `endpoints` are the components with any trigger, private ones included.
    pub(crate) fn new(
        routes: impl IntoIterator<Item = (RoutePattern, ComponentId)>,
        endpoints: BTreeSet<ComponentId>,
    ) -> Result<Self, String> {
        let mut finder = routefinder::Router::new();
        for (index, (pattern, component)) in routes.into_iter().enumerate() {
            let spec = match pattern.as_str() {
                "/" => String::new(),
                _ if pattern.is_catch_all() => format!("{}/*", pattern.prefix()),
                written => written.to_owned(),
            };
            finder.add(spec, (index, pattern, component))?;
        }
        let tried = finder
            .into_iter()
            .map(|(spec, (index, pattern, component))| Tried { spec, index, pattern, component })
            .collect();
        Ok(Self(Arc::new(Routes { tried, endpoints, everything: RoutePattern::everything() })))
    }

    /// The component that answers `path`, the raw path of a request without its query. `None` is a 404, which
    /// paths under [`RESERVED_PREFIX`] always get from a component's point of view.
    pub fn route<'r, 'p>(&'r self, path: &'p str) -> Option<RouteMatch<'r, 'p>> {
        if path.starts_with(RESERVED_PREFIX) {
            return None;
        }
        let (tried, mut values) = self.first(path)?;
        let path_info = match tried.pattern.is_catch_all().then(|| values.pop()).flatten() {
            None => Cow::Borrowed(""),
            // Spin gives a component the slash at the path's end, which routefinder drops.
            Some(rest) => match (rest.is_empty(), path.ends_with('/')) {
                (true, false) => Cow::Borrowed(""),
                (true, true) => Cow::Borrowed("/"),
                (false, false) => Cow::Owned(format!("/{rest}")),
                (false, true) => Cow::Owned(format!("/{rest}/")),
            },
        };
        let captures = tried.pattern.parameters().zip(values).collect();
        Some(RouteMatch { component: &tried.component, pattern: &tried.pattern, captures, path_info })
    }

    /// The match for a request that one component makes to another by service chaining. `None` when the
    /// component does not exist or has no trigger; one on a private route is enough.
    pub fn chained<'r, 'p>(&'r self, component: &str, path: &'p str) -> Option<RouteMatch<'r, 'p>> {
        let component = self.0.endpoints.get(component)?;
        let path_info = Cow::Borrowed(path);
        Some(RouteMatch { component, pattern: &self.0.everything, captures: Vec::new(), path_info })
    }

    /// The public routes and their components, in the order in which they are tried.
    pub fn routes(&self) -> impl Iterator<Item = (&RoutePattern, &ComponentId)> {
        self.0.tried.iter().map(|tried| (&tried.pattern, &tried.component))
    }

    fn first<'r, 'p>(&'r self, path: &'p str) -> Option<(&'r Tried, Vec<&'p str>)> {
        self.0.tried.iter().find_map(|tried| tried.spec.matches(path).map(|values| (tried, values)))
    }

    /// Routes that no request can reach, each with the one that answers in its stead; both by index.
    ///
    /// Besides the obvious (`/a/:x` and `/a/:y`) there is this: routefinder's order is inconsistent about a
    /// segment that begins with a dot. It calls `/.well-known/x` more specific than everything and everything
    /// more specific than it, so that its place, and even the places of routes beside it, depend on the order
    /// of the manifest. Declared last, it is tried first and all is well; a manifest is refused otherwise.
    pub(crate) fn shadowed(&self) -> Vec<(usize, usize)> {
        let tried = &self.0.tried;
        let segments = || tried.iter().flat_map(|tried| tried.pattern.segments());
        // A text that is no route's literal, so that only parameters and catch-alls match it.
        let mut stranger = "~".to_owned();
        while segments().any(|segment| matches!(segment, Segment::Literal(text) if *text == stranger)) {
            stranger.push('~');
        }
        let deepest = tried.iter().map(|tried| tried.pattern.segments().len()).max().unwrap_or(0);
        tried
            .iter()
            .filter_map(|own| {
                let mut path = String::new();
                for segment in own.pattern.segments() {
                    path.push('/');
                    path.push_str(match segment {
                        Segment::Literal(text) => text,
                        Segment::Parameter(_) => &stranger,
                    });
                }
                if own.pattern.is_catch_all() {
                    // Deeper than any route without a catch-all reaches.
                    path.push_str(&format!("/{stranger}").repeat(deepest + 1));
                }
                let (winner, _) = self.first(&path)?;
                (winner.index != own.index).then_some((own.index, winner.index))
            })
            .collect()
    }
}

/// The component that a host names for service chaining: `orders` for `orders.spin.internal`, with a port or
/// without. `None` for hosts on the network.
pub fn chained_component(host: &str) -> Option<&str> {
    let host = host.rsplit_once(':').map_or(host, |(host, _port)| host);
    let (component, domain) = host.split_once('.')?;
    (domain == CHAINING_DOMAIN).then_some(component)
}

#[cfg(test)]
mod tests;
