//! Reads a Spin 4.1 `spin.toml` for a host that is not Spin.
//!
//! What this crate accepts means here what it means to Spin. What Spin would honour and this host would not is
//! refused, never skipped over: a manifest that is read is a manifest that is served whole. Every fault is
//! reported with its line and column, all of them at once.
//!
//! ```
//! use tradepost_manifest::{Manifest, Variables};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = r#"
//! spin_manifest_version = 2
//! [application]
//! name = "shop"
//! [variables]
//! database_url = { required = true, secret = true }
//! [[trigger.http]]
//! route = "/orders/:order_id"
//! component = "ordering-order"
//! [component.ordering-order]
//! source = "ordering_order.wasm"
//! variables = { database_url = "{{ database_url }}" }
//! "#;
//! let manifest = Manifest::parse(text, "spin.toml")?;
//! let flags = [("database_url".to_owned(), "postgres://localhost/shop".to_owned())];
//! let variables = Variables::resolve(&manifest, flags, |name| std::env::var_os(name))?;
//! for component in manifest.endpoints() {
//!     let allowed = manifest.allowed_hosts(component, &variables)?;
//!     assert!(!allowed.allows("http", "example.com", None));
//!     let own = variables.for_component(&component.id);
//!     assert_eq!(own.get("database_url")?, "postgres://localhost/shop");
//! }
//! let matched = manifest.router().route("/orders/order_1").ok_or("no route")?;
//! assert_eq!(matched.capture("order_id"), Some("order_1"));
//! # Ok(())
//! # }
//! ```

mod allowed_hosts;
mod component;
mod dependency;
mod document;
mod fault;
mod identifier;
mod links;
mod manifest;
mod route;
mod router;
mod spin_headers;
mod template;
mod trigger;
mod variables;

pub use allowed_hosts::{AllowedHosts, HostGrant};
pub use component::{Build, Component};
pub use dependency::{Capability, Dependency, DependencyName};
pub use fault::{Fault, ManifestError};
pub use identifier::ComponentId;
pub use manifest::{Application, Manifest};
pub use route::{RESERVED_PREFIX, RoutePattern};
pub use router::{RouteMatch, Router, chained_component};
pub use spin_headers::{Arrival, CHAINED_CLIENT, is_spin_header, spin_headers};
pub use template::{Template, Unclosed};
pub use trigger::{Route, Trigger};
pub use variables::{
    ComponentVariables, LookupError, VariableDeclaration, VariableFault, Variables, VariablesError,
    environment_name,
};
