//! What contexts tell each other: one Rust type for each CloudEvents type that is published, one module a context.
//!
//! Events are for ever. A shape that was once written is never edited: a new shape gets a new type string and a
//! struct of its own, and readers upcast the old one. Each type's JSON Schema stands under `docs/events/`, and a test
//! keeps the two alike. Texts are plain here and not the types that commands are made of: an event stays readable
//! when the rules for new things change.

pub mod catalog;
pub mod identity;
pub mod inventory;
pub mod ordering;
pub mod payment;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The payload of one CloudEvents type.
pub trait Event: Serialize + DeserializeOwned {
    /// The CloudEvents `type`, such as `tradepost.catalog.product-created.v1`.
    const TYPE: &'static str;
}

/// Gives payloads their type strings, and the module that does so its list of them.
#[macro_export]
macro_rules! published {
    ($($payload:ident = $type:literal),* $(,)?) => {
        $(impl $crate::Event for $payload {
            const TYPE: &'static str = $type;
        })*

        /// Every type that this context publishes.
        pub const TYPES: &[&str] = &[$($type),*];

        /// Every type that this context publishes, with the JSON Schema of its payload as it is written.
        #[cfg(feature = "schema")]
        pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
            vec![$((
                $type,
                schemars::generate::SchemaSettings::draft2020_12()
                    .for_serialize()
                    .into_generator()
                    .into_root_schema_for::<$payload>(),
            )),*]
        }

        /// Whether `data` can be read as the payload of `event_type`; `None` when this context publishes no such
        /// type. What was once written must stay readable for ever, and a test sees to it.
        #[cfg(feature = "schema")]
        pub fn can_be_read(event_type: &str, data: &str) -> Option<bool> {
            let _ = data;
            match event_type {
                $($type => Some(serde_json::from_str::<$payload>(data).is_ok()),)*
                _ => None,
            }
        }
    };
}
