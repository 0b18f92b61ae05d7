//! What happens to payments, as their streams keep it.
//!
//! Types have the names under which they are published, but a stream keeps only what an event adds, and it keeps what
//! may not leave the context. Events are for ever: a shape that was once written is never changed, a new one gets a
//! new type string, and [`PaymentEvent::from_recorded`] turns the old into the new.

use serde::{Deserialize, Serialize};
use tradepost_events::Event as _;
use tradepost_events::payment as published;
use tradepost_events::payment::Risk;
use tradepost_ids::{OrderId, RefundId};
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;

use crate::{Operation, PaymentMethod};

/// Why a recorded event cannot be read: this code is older than the stream, or the stream is damaged. The text holds
/// nothing of the payload.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// Nothing here knows this type.
    #[error("unknown event type `{0}`")]
    UnknownType(String),
    /// The payload does not have its type's shape.
    #[error("malformed payload of `{event_type}` at line {line}, column {column}")]
    Malformed {
        /// The type that was recorded.
        event_type: &'static str,
        /// Where in the payload, from 1.
        line: usize,
        /// Where in the line.
        column: usize,
    },
}

macro_rules! stream_events {
    ($($(#[$doc:meta])* $name:ident as $published:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
            pub struct $name {
                $($(#[$field_doc])* pub $field: $type,)*
            }

            impl From<$name> for PaymentEvent {
                fn from(event: $name) -> Self {
                    Self::$name(event)
                }
            }
        )+

        /// Something that happened to a payment.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum PaymentEvent {
            $($(#[$doc])* $name($name),)+
        }

        impl PaymentEvent {
            /// The CloudEvents `type`.
            pub const fn event_type(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => published::$published::TYPE,)+
                }
            }

            /// What the stream keeps, a JSON object. An error is a bug: every field has a JSON form.
            pub fn to_data_json(&self) -> Result<String, serde_json::Error> {
                match self {
                    $(Self::$name(event) => serde_json::to_string(event),)+
                }
            }

            /// The event that was recorded under `event_type` with the payload `data`. Members that are not known are
            /// passed over: a newer version of this code may have added them.
            pub fn from_recorded(event_type: &str, data: &str) -> Result<Self, EventError> {
                match event_type {
                    $(published::$published::TYPE => read(published::$published::TYPE, data).map(Self::$name),)+
                    unknown => Err(EventError::UnknownType(unknown.to_owned())),
                }
            }
        }
    };
}

/// Not with `serde`'s own words, which may quote the payload.
fn read<'de, T: Deserialize<'de>>(event_type: &'static str, data: &'de str) -> Result<T, EventError> {
    serde_json::from_str(data).map_err(|error| EventError::Malformed {
        event_type,
        line: error.line(),
        column: error.column(),
    })
}

stream_events! {
    /// An order was placed that has to be paid.
    Requested as PaymentRequested {
        /// What it pays for.
        order_id: OrderId,
        /// What the order costs.
        amount: Money,
        /// What to charge.
        payment_method: Option<PaymentMethod>,
        /// Where the customer is written to.
        email: Option<String>,
        /// Whether the order is a guest's.
        guest: bool,
        /// Where the goods go: ISO 3166-1 alpha-2.
        shipping_country: Option<String>,
        /// Pieces of all lines together.
        pieces: u64,
    }
    /// The provider is about to be asked.
    AttemptStarted as PaymentAttemptStarted {
        /// From 1.
        attempt: u32,
        /// Until when the stock is promised.
        reserved_until: Timestamp,
        /// How risky it looks.
        risk: Risk,
    }
    /// The provider has promised the money.
    Authorised as PaymentAuthorised {
        /// From 1.
        attempt: u32,
        /// How much.
        amount: Money,
        /// The provider's reference of the authorisation.
        authorisation: String,
    }
    /// The money was taken.
    Captured as PaymentCaptured {
        /// From 1.
        attempt: u32,
        /// How much.
        amount: Money,
    }
    /// The provider did not answer, and what it did is not known.
    Unknown as PaymentUnknown {
        /// From 1.
        attempt: u32,
        /// What it was asked for.
        operation: Operation,
    }
    /// An attempt came to nothing.
    AttemptFailed as PaymentAttemptFailed {
        /// From 1.
        attempt: u32,
        /// Why.
        failure_code: String,
    }
    /// The order will not be paid.
    Declined as PaymentDeclined {
        /// The attempt that failed of it; none when it was given up before the provider had said no.
        attempt: Option<u32>,
        /// Why.
        decline_code: String,
    }
    /// What the provider had promised, it has let go.
    Voided as PaymentVoided {
        /// From 1.
        attempt: u32,
    }
    /// The order ended before the money was taken, as far as is known.
    Cancelled as PaymentCancelled {
        /// Why.
        reason: String,
    }
    /// Money is to be given back.
    RefundRequested as RefundRequested {
        /// The refund.
        refund_id: RefundId,
        /// How much.
        amount: Money,
        /// Why.
        reason: String,
    }
    /// The provider did not answer a refund, and what it did is not known.
    RefundUnknown as RefundUnknown {
        /// The refund.
        refund_id: RefundId,
    }
    /// The provider did not give the money back.
    RefundDeclined as RefundDeclined {
        /// The refund.
        refund_id: RefundId,
        /// In the provider's code.
        decline_code: String,
    }
    /// Money was given back.
    Refunded as PaymentRefunded {
        /// The refund.
        refund_id: RefundId,
        /// How much.
        amount: Money,
    }
}
