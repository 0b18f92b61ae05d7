//! What the tests of the whole product stand on: a running application of one's own, with a database of its own,
//! and the words to ask it.

mod application;
mod ask;
pub mod books;
mod build;
mod inputs;
mod private_routes;
mod told_order;

pub use application::{ADMIN_KEY, Application, Compiled, Setup, engine, migrate, migrated_databases};
pub use ask::{Answer, Ask};
pub use books::inventory_faults;
pub use build::{components, guest, repository};
pub use inputs::{HeldClock, SeededChance};
pub use private_routes::opened;
pub use told_order::ToldOrder;
