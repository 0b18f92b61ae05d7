//! The rules about products: what can be put on sale, how it can change, and how it is found.
//!
//! [`decide`] takes what a product is and a command, and answers with events or a refusal; [`evolve`] makes the
//! product that events tell of.

mod changes;
mod decide;
mod event;
mod price;
mod product;
#[cfg(feature = "schema")]
mod schema;
mod search;
mod sku;
#[cfg(test)]
mod tests;
mod text;

pub use changes::Changes;
pub use decide::{Command, Refusal, Standing, created, decide, evolve};
pub use event::{EventError, ProductEvent};
pub use price::MOST_PRICE_MINOR_UNITS;
pub use product::{NewProduct, Product};
pub use search::SearchText;
pub use sku::Sku;
pub use text::{Category, ProductName};
