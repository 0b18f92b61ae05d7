//! `[[trigger.http]]`: which route leads to which component.

use std::collections::BTreeMap;

use crate::{
    component::Component,
    document::{Node, Section, Shape, Unsupported},
    fault::{Faults, Place},
    identifier::ComponentId,
    route::RoutePattern,
};

/// A `[[trigger.http]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Its own id, if it has one.
    pub id: Option<String>,
    /// The component it leads to.
    pub component: ComponentId,
    /// Where it can be reached.
    pub route: Route,
    /// Where its route stands.
    pub(crate) place: Place,
}

/// Where a component can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// By requests from outside, and by service chaining.
    Public(RoutePattern),
    /// By service chaining only.
    Private,
}

impl Route {
    /// The pattern, if it is public.
    pub fn pattern(&self) -> Option<&RoutePattern> {
        match self {
            Self::Public(pattern) => Some(pattern),
            Self::Private => None,
        }
    }
}

const UNSUPPORTED: &[Unsupported] = &[
    ("executor", "every component speaks `wasi:http`"),
    ("static_response", "every route leads to a component"),
    ("components", "the http trigger has no further components"),
    (
        "dependencies",
        "middleware costs more than a port: plug the component in through `dependencies` of its own",
    ),
];

impl Trigger {
    /// Reads `[trigger]`, of which only `http` is known.
    pub(crate) fn read_all(
        mut section: Section<'_>,
        components: &BTreeMap<ComponentId, Component>,
        faults: &mut Faults<'_>,
    ) -> Vec<Self> {
        let http = section.take("http", faults);
        for entry in section.entries(faults) {
            if entry.key.text != "http" {
                let message =
                    format!("this host has only the http trigger, and `{}` is another", entry.key.text);
                faults.add(entry.key.place, message);
            }
        }
        let list = match http {
            None => Vec::new(),
            Some(Node { shape: Shape::List(list), .. }) => list,
            Some(node) => {
                faults.add(node.place, "triggers are an array: write `[[trigger.http]]` for each");
                return Vec::new();
            }
        };
        if list.is_empty() {
            faults.add(section.place, "there is no [[trigger.http]], so nothing would be served");
        }
        let mut triggers: Vec<Self> = Vec::new();
        for node in list {
            let Some(trigger) = Self::read(&node, components, faults) else { continue };
            trigger.check_unique(&triggers, faults);
            triggers.push(trigger);
        }
        triggers
    }

    fn read(
        node: &Node<'_>,
        components: &BTreeMap<ComponentId, Component>,
        faults: &mut Faults<'_>,
    ) -> Option<Self> {
        let mut section = Section::open(node, "[[trigger.http]]", faults)?;
        let id = section.text("id", faults);
        let component = section.require("component", faults);
        let route = section.require("route", faults);
        section.close(UNSUPPORTED, faults);

        let component = component.and_then(|node| read_component(&node, components, faults));
        let place = route.as_ref().map_or(node.place, |node| node.place);
        let route = route.and_then(|node| Route::read(&node, faults));
        let id = id.map(|id| id.text.to_owned());
        // A faulty route still leaves the component with a trigger, for whoever reaches it by service chaining.
        Some(Self { id, component: component?, route: route.unwrap_or(Route::Private), place })
    }

    fn check_unique(&self, earlier: &[Self], faults: &mut Faults<'_>) {
        for other in earlier {
            if let (Some(pattern), true) = (self.route.pattern(), self.route == other.route) {
                let message = format!("`{pattern}` is already the route on line {}", other.place.line);
                faults.add(self.place, message);
            }
            if let (Some(id), true) = (&self.id, self.id == other.id) {
                let message = format!("`{id}` is already the id of the trigger of line {}", other.place.line);
                faults.add(self.place, message);
            }
        }
    }
}

fn read_component(
    node: &Node<'_>,
    components: &BTreeMap<ComponentId, Component>,
    faults: &mut Faults<'_>,
) -> Option<ComponentId> {
    if let Shape::Table(_) = node.shape {
        faults.add(node.place, "a trigger names its component: write it as a [component.<id>] of its own");
        return None;
    }
    let id = node.text("component", faults)?;
    let found = components.get(id.text);
    if found.is_none() {
        faults.add(id.place, format!("there is no [component.{}]", id.text));
    }
    found.map(|component| component.id.clone())
}

impl Route {
    fn read(node: &Node<'_>, faults: &mut Faults<'_>) -> Option<Self> {
        match &node.shape {
            Shape::Text(written) => match RoutePattern::parse(written) {
                Ok(pattern) => Some(Self::Public(pattern)),
                Err(reason) => {
                    faults.add(node.place, format!("`{written}` is no route: {reason}"));
                    None
                }
            },
            Shape::Table(_) => {
                let mut section = Section::open(node, "a route", faults)?;
                let private = section.truth("private", faults);
                section.close(&[], faults);
                if private != Some(true) {
                    faults.add(node.place, "a route is a pattern or `{ private = true }`");
                }
                Some(Self::Private)
            }
            _ => {
                node.refuse_kind("route", "a pattern or `{ private = true }`", faults);
                None
            }
        }
    }
}
