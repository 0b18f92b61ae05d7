//! What happens to orders, and how it is written down.
//!
//! Events are for ever. A shape that was once written is never changed: a new one gets a new type string, and
//! [`OrderEvent::from_recorded`] turns the old into the new.

use serde::{Deserialize, Serialize};
use tradepost_money::{Currency, Money};
use tradepost_timestamp::Timestamp;

use crate::{OrderLine, Owner, PaymentMethod, ShippingAddress};

/// The type string of [`OrderPlaced`] in its first shape.
pub const ORDER_PLACED_V1: &str = "tradepost.ordering.order-placed.v1";

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderEvent {
    /// A customer ordered.
    OrderPlaced(OrderPlaced),
}

/// A customer ordered: everything that was agreed on.
///
/// Texts are plain and not the types that commands are made of, or such as check nothing when they are read: an
/// event stays readable when the rules for new orders change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderPlaced {
    /// Whose order it is.
    pub owner: Owner,
    /// At least one, each SKU once, in the order in which the customer named them.
    pub lines: Vec<OrderLine>,
    /// The sum of the lines' totals.
    pub total: Money,
    /// The currency of every amount.
    pub currency: Currency,
    /// Where to write to about the order.
    pub email: Option<String>,
    /// What to charge.
    pub payment_method: Option<PaymentMethod>,
    /// Where to send the goods.
    pub shipping_address: Option<ShippingAddress>,
    /// When the order was placed.
    pub created_at: Timestamp,
}

/// Why a recorded event cannot be read: this code is older than the stream, or the stream is damaged.
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

impl OrderEvent {
    /// The CloudEvents `type`.
    pub const fn event_type(&self) -> &'static str {
        match self {
            Self::OrderPlaced(_) => ORDER_PLACED_V1,
        }
    }

    /// The payload, a JSON object. An error is a bug: every field has a JSON form.
    pub fn to_data_json(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::OrderPlaced(placed) => serde_json::to_string(placed),
        }
    }

    /// The event that was recorded under `event_type` with the payload `data`. Members that are not known are
    /// passed over: a newer version of this code may have added them.
    ///
    /// Old shapes are upcast here: the arm of an old type reads the old struct and makes the new event of it.
    pub fn from_recorded(event_type: &str, data: &str) -> Result<Self, EventError> {
        match event_type {
            ORDER_PLACED_V1 => serde_json::from_str(data)
                .map(Self::OrderPlaced)
                .map_err(|source| EventError::Malformed { event_type: ORDER_PLACED_V1, source }),
            unknown => Err(EventError::UnknownType(unknown.to_owned())),
        }
    }
}

/// Every type that ordering publishes, with the JSON Schema of its payload as it is written.
#[cfg(feature = "schema")]
pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
    let generator = || schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
    vec![(ORDER_PLACED_V1, generator().into_root_schema_for::<OrderPlaced>())]
}
