//! The OpenAPI description, made of what each component says of its route.
//!
//! A component of a public route has a file `src/description.rs` beside its code, which is compiled into this crate and
//! never into the component: [`Route`]s with their [`Operation`]s, the Rust types of bodies, and [`Example`]s that a test
//! asks of the running product. What all operations have in common, such as the problems that a body can have or the
//! headers of every answer, is added here.

mod document;
mod example;
mod operation;
mod problems;
mod schemas;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use document::{Recorded, openapi};
pub use example::{Caller, Content, Example};
pub use operation::{Access, Answer, Operation, Parameter, Route};
pub use problems::page as problems_page;

/// What stands in the `description.rs` of the components.
#[expect(clippy::redundant_pub_crate, reason = "each stands as `pub(crate)` in its component")]
mod descriptions {
    use crate::Route;

    include!(concat!(env!("OUT_DIR"), "/descriptions.rs"));

    pub(crate) fn all() -> Vec<Route> {
        found()
    }
}

/// Every public route, by its path.
pub fn routes() -> Vec<Route> {
    let mut routes = descriptions::all();
    routes.sort_by_key(Route::pattern);
    routes
}

/// A page of a list.
#[derive(Serialize, schemars::JsonSchema)]
pub struct Page<T> {
    /// In the list's order.
    pub items: Vec<T>,
    /// Whether there are more in the direction in which the page was asked for.
    pub has_more: bool,
}
