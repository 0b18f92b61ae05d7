//! What happens to products, as other contexts hear of it.

use tradepost_events::Event;
use tradepost_events::catalog::{ProductArchived, ProductChanged, ProductCreated, ProductPriceChanged};

use crate::Product;

/// Something that happened to a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProductEvent {
    /// It went on sale.
    Created(ProductCreated),
    /// Something about it changed, but not its price.
    Changed(ProductChanged),
    /// It costs something else from now on.
    PriceChanged(ProductPriceChanged),
    /// It is off sale for good.
    Archived(ProductArchived),
}

/// Why a recorded event cannot be read: this code is older than the event, or the event is damaged.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// Nothing here knows this type.
    #[error("unknown event type `{0}`")]
    UnknownType(String),
    /// The payload does not have its type's shape.
    #[error("malformed payload of `{event_type}`")]
    Malformed {
        /// The type that was recorded.
        event_type: &'static str,
        /// What is wrong with the payload.
        source: serde_json::Error,
    },
}

/// Runs `$body` with what is in an event, whichever it is.
macro_rules! for_each {
    ($event:expr, $payload:ident => $body:expr) => {
        match $event {
            ProductEvent::Created($payload) => $body,
            ProductEvent::Changed($payload) => $body,
            ProductEvent::PriceChanged($payload) => $body,
            ProductEvent::Archived($payload) => $body,
        }
    };
}

impl ProductEvent {
    /// The CloudEvents `type`.
    pub fn event_type(&self) -> &'static str {
        fn of<E: Event>(_: &E) -> &'static str {
            E::TYPE
        }
        for_each!(self, payload => of(payload))
    }

    /// The payload, a JSON object. An error is a bug: every field has a JSON form.
    pub fn to_data_json(&self) -> Result<String, serde_json::Error> {
        for_each!(self, payload => serde_json::to_string(payload))
    }

    /// The event that was recorded under `event_type` with the payload `data`. Members that are not known are passed
    /// over: a newer version of this code may have added them.
    pub fn from_recorded(event_type: &str, data: &serde_json::Value) -> Result<Self, EventError> {
        fn read<E: Event>(data: &serde_json::Value) -> Result<E, EventError> {
            E::deserialize(data).map_err(|source| EventError::Malformed { event_type: E::TYPE, source })
        }
        match event_type {
            ProductCreated::TYPE => read(data).map(Self::Created),
            ProductChanged::TYPE => read(data).map(Self::Changed),
            ProductPriceChanged::TYPE => read(data).map(Self::PriceChanged),
            ProductArchived::TYPE => read(data).map(Self::Archived),
            unknown => Err(EventError::UnknownType(unknown.to_owned())),
        }
    }

    /// The product after it.
    pub fn into_product(self) -> Product {
        for_each!(self, payload => payload.product.into())
    }
}
