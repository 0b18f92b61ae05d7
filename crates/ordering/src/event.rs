//! What happens to orders, and how it is written down.
//!
//! Events are for ever. A shape that was once written is never changed: a new one gets a new type string, and
//! [`Recorded::read`] turns the old into the new. What stands in the stream is only what the event adds; other
//! contexts are told the whole order with it, as `tradepost-events` says.

use serde::{Deserialize, Serialize};
use tradepost_events::inventory::ShortLine;
use tradepost_events::ordering::{Pieces, Reason, ShippingAddress};
use tradepost_events::payment::Risk;
use tradepost_events::{Event, ordering as published};
use tradepost_ids::{FulfilmentId, RefundId, ReturnId};
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

use crate::placed_v1::{ORDER_PLACED_V1, OrderPlacedV1};
use crate::{OrderLine, Owner, PaymentMethod};

/// Something that happened to an order, when it did and what it answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What.
    pub event: OrderEvent,
    /// When.
    pub at: Timestamp,
    /// The event of another context that it answers to, if any.
    pub caused_by: Option<Uuid>,
}

/// A customer ordered: everything that was agreed on.
///
/// Texts are plain and not the types that commands are made of, or such as check nothing when they are read: an
/// event stays readable when the rules for new orders change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlaced {
    /// Whose order it is.
    pub owner: Owner,
    /// At least one, each SKU once, in the order in which the customer named them.
    pub lines: Vec<OrderLine>,
    /// The sum of the lines' totals.
    pub total: Money,
    /// Where to write to about the order.
    pub email: Option<String>,
    /// What to charge.
    pub payment_method: Option<PaymentMethod>,
    /// Where to send the goods.
    pub shipping_address: Option<ShippingAddress>,
}

/// The payment was captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderConfirmed {
    /// How much.
    pub captured: Money,
    /// How risky it looked.
    pub risk: Risk,
}

/// There is too little of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRejected {
    /// Of what, each SKU once.
    pub short: Vec<ShortLine>,
}

/// Nobody decided in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderExpired {
    /// What ran out.
    pub reason: Reason,
}

/// What is open of the order will not be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCancelled {
    /// Why.
    pub reason: Reason,
    /// Why the provider declined, in its own code, when that is the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
    /// What is cancelled by this, each SKU once.
    pub lines: Vec<Pieces>,
    /// What that costs.
    pub value: Money,
}

/// The order waits until somebody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderHeld {
    /// Why.
    pub reason: Reason,
}

/// Somebody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderReleased {
    /// What they said, if they did.
    pub detail: Option<String>,
}

/// Some of it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFulfilled {
    /// The parcel.
    pub id: FulfilmentId,
    /// What is in it, each SKU once.
    pub lines: Vec<Pieces>,
    /// What the carrier knows it by.
    pub tracking: Option<String>,
}

/// All that was not cancelled has been sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderCompleted {}

/// Some of it came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderReturned {
    /// The return.
    pub id: ReturnId,
    /// What came back, each SKU once.
    pub lines: Vec<Pieces>,
    /// What the carrier knows it by.
    pub tracking: Option<String>,
    /// What it cost.
    pub value: Money,
}

/// Payment has told something that moves no state of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum OrderPaymentChanged {
    /// What the provider did is not known.
    Unknown,
    /// Money was given back.
    Refunded {
        /// The refund.
        refund_id: RefundId,
        /// How much was given back so far, with this.
        refunded: Money,
    },
    /// The provider did not give money back.
    RefundDeclined {
        /// The refund.
        refund_id: RefundId,
        /// In the provider's code.
        decline_code: String,
    },
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
    /// What it answers to is no UUID.
    #[error("malformed id of a cause")]
    Cause(#[source] uuid::Error),
}

macro_rules! order_events {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// Something that happened to an order.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum OrderEvent {
            $($(#[$doc])* $name($name),)+
        }

        $(impl From<$name> for OrderEvent {
            fn from(event: $name) -> Self {
                Self::$name(event)
            }
        })+

        impl OrderEvent {
            /// The CloudEvents `type`, under which the event stands in the stream and is told to others.
            pub const fn event_type(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => <published::$name as Event>::TYPE,)+
                }
            }

            /// What stands in the stream, a JSON object. An error is a bug: every field has a JSON form.
            pub fn to_data_json(&self) -> Result<String, serde_json::Error> {
                match self {
                    $(Self::$name(event) => serde_json::to_string(event),)+
                }
            }

            /// An event in the shape that is written today.
            fn read_current(event_type: &str, data: &str) -> Result<Self, EventError> {
                match event_type {
                    $(<published::$name as Event>::TYPE => serde_json::from_str(data)
                        .map(Self::$name)
                        .map_err(|source| {
                            EventError::Malformed { event_type: <published::$name as Event>::TYPE, source }
                        }),)+
                    unknown => Err(EventError::UnknownType(unknown.to_owned())),
                }
            }
        }
    };
}

order_events! {
    /// A customer ordered.
    OrderPlaced,
    /// The payment was captured.
    OrderConfirmed,
    /// There is too little of something.
    OrderRejected,
    /// Nobody decided in time.
    OrderExpired,
    /// What is open of the order will not be sent.
    OrderCancelled,
    /// The order waits until somebody has looked at it.
    OrderHeld,
    /// Somebody has looked at it.
    OrderReleased,
    /// Some of it was sent.
    OrderFulfilled,
    /// All that was not cancelled has been sent.
    OrderCompleted,
    /// Some of it came back.
    OrderReturned,
    /// Payment has told something that moves no state of the order.
    OrderPaymentChanged,
}

impl Recorded {
    /// The event that was recorded under `event_type` with the payload `data`, `occurred_at` microseconds after
    /// 1970-01-01T00:00:00Z, in answer to the event `caused_by`. Members that are not known are passed over: a newer
    /// version of this code may have added them.
    ///
    /// Old shapes are upcast here: the arm of an old type reads the old struct and makes the new event of it.
    pub fn read(
        event_type: &str,
        data: &str,
        occurred_at: i64,
        caused_by: Option<&str>,
    ) -> Result<Self, EventError> {
        let caused_by = caused_by.map(Uuid::try_parse).transpose().map_err(EventError::Cause)?;
        if event_type == ORDER_PLACED_V1 {
            let placed: OrderPlacedV1 = serde_json::from_str(data)
                .map_err(|source| EventError::Malformed { event_type: ORDER_PLACED_V1, source })?;
            let at = placed.created_at;
            return Ok(Self { event: OrderEvent::OrderPlaced(placed.into()), at, caused_by });
        }
        let event = OrderEvent::read_current(event_type, data)?;
        Ok(Self { event, at: Timestamp::from_micros(occurred_at), caused_by })
    }
}
