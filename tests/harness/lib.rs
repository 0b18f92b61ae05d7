//! What the tests of the whole product stand on: a running application of one's own, with a database of its own,
//! and the words to ask it.

mod application;
mod ask;
pub mod books;
mod build;
pub mod credentials;
mod examples;
mod inputs;
mod private_routes;
mod rest;
pub mod secrets;
mod told_order;

pub use application::{ADMIN_KEY, Application, Compiled, Setup, engine, migrate, migrated_databases};
pub use ask::{Answer, Ask};
pub use books::inventory_faults;
pub use build::{components, guest, repository};
pub use examples::{example_file, recorded_example};
pub use inputs::{HeldClock, SeededChance};
pub use private_routes::opened;
pub use rest::tick;
pub use told_order::ToldOrder;
