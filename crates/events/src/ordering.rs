//! What ordering tells, all of it under the order's id. Every event carries the order as it was after it, so that a
//! reader that shows orders needs no other source and can take the last event it sees for the whole truth.

use serde::{Deserialize, Serialize};
use tradepost_ids::{FulfilmentId, OrderId, PaymentId, RefundId, ReturnId, UserId};
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;

use crate::inventory::ShortLine;
use crate::payment::Risk;

crate::published! {
    OrderPlaced = "tradepost.ordering.order-placed.v2",
    OrderConfirmed = "tradepost.ordering.order-confirmed.v1",
    OrderRejected = "tradepost.ordering.order-rejected.v1",
    OrderExpired = "tradepost.ordering.order-expired.v1",
    OrderCancelled = "tradepost.ordering.order-cancelled.v1",
    OrderHeld = "tradepost.ordering.order-held.v1",
    OrderReleased = "tradepost.ordering.order-released.v1",
    OrderFulfilled = "tradepost.ordering.order-fulfilled.v1",
    OrderCompleted = "tradepost.ordering.order-completed.v1",
    OrderReturned = "tradepost.ordering.order-returned.v1",
    OrderPaymentChanged = "tradepost.ordering.order-payment-changed.v1",
}

/// An order as clients see it: what `GET /orders/:order_id` answers. Not shown are the payment method, which could be
/// charged again, and the owner, whom only the owner and staff could see it by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Order {
    /// The order's id.
    pub id: OrderId,
    /// `pending`, `placed`, `on_hold`, `completed`, `cancelled`, `rejected` or `expired`.
    pub status: String,
    /// Why it is on hold or has ended without being completed.
    pub reason: Option<Reason>,
    /// What was ordered.
    pub lines: Vec<OrderLine>,
    /// The sum of the lines' totals.
    pub total: Money,
    /// How it is paid.
    pub payment: OrderPayment,
    /// Where the customer is written to about it.
    pub email: Option<String>,
    /// Where the goods go.
    pub shipping_address: Option<ShippingAddress>,
    /// What was sent, in order.
    pub fulfilments: Vec<Fulfilment>,
    /// What came back, in order.
    pub returns: Vec<Return>,
    /// How many events made it what it is. It grows with every change.
    pub version: u64,
    /// When the customer ordered.
    pub created_at: Timestamp,
    /// When its last event happened.
    pub updated_at: Timestamp,
}

/// Why an order is where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reason {
    /// `insufficient_stock`, `payment_declined`, `payment_timeout`, `reservation_expired`, `customer_request`,
    /// `staff_request`, `risk_review`, `review_timeout` or `fulfilment_timeout`.
    pub code: String,
    /// In words, where somebody gave some.
    pub detail: Option<String>,
}

/// A product as it was ordered, and what became of its pieces: `quantity` is the sum of `open`, `cancelled` and
/// `fulfilled`, and no more is `returned` than was fulfilled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderLine {
    /// The product's SKU.
    pub sku: String,
    /// The product's name at the time.
    pub name: String,
    /// Pieces that were ordered.
    pub quantity: u32,
    /// What one piece costs.
    pub unit_price: Money,
    /// What all pieces cost.
    pub total: Money,
    /// Pieces that are still to be sent.
    pub open: u32,
    /// Pieces that will not be sent.
    pub cancelled: u32,
    /// Pieces that were sent.
    pub fulfilled: u32,
    /// Pieces of those that came back.
    pub returned: u32,
}

/// How an order is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderPayment {
    /// The payment's id.
    pub id: PaymentId,
    /// `initiated`, `pending`, `succeeded`, `failed` or `unknown`, as far as ordering has heard.
    pub status: String,
    /// Why the provider declined, in its own code.
    pub decline_code: Option<String>,
    /// What was given back.
    pub refunded: Money,
}

/// Where goods are sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShippingAddress {
    /// Who receives it, if not the customer.
    pub name: Option<String>,
    /// Street and number, or whatever stands first.
    pub line1: String,
    /// Flat, floor, care of.
    pub line2: Option<String>,
    /// City, town or village.
    pub city: String,
    /// State, province, prefecture or county.
    pub region: Option<String>,
    /// Post code.
    pub postal_code: String,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: String,
}

/// Pieces of one SKU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Pieces {
    /// Of what.
    pub sku: String,
    /// How many.
    pub quantity: u32,
}

/// One parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fulfilment {
    /// The fulfilment's id.
    pub id: FulfilmentId,
    /// What was sent, each SKU once.
    pub lines: Vec<Pieces>,
    /// What the carrier knows it by.
    pub tracking: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

/// Goods that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Return {
    /// The return's id.
    pub id: ReturnId,
    /// What came back, each SKU once.
    pub lines: Vec<Pieces>,
    /// What the carrier knows it by.
    pub tracking: Option<String>,
    /// What it cost, and is given back.
    pub value: Money,
    /// When.
    pub created_at: Timestamp,
}

macro_rules! order_events {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
            /// Whose order it is; absent for a guest's.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub customer: Option<UserId>,
            /// The order as it is after this event.
            pub order: Order,
        }
    )+};
}

order_events! {
    /// A customer ordered.
    OrderPlaced {
        /// What to charge: a token of the payment provider.
        payment_method: Option<String>,
    }
    /// Stock is reserved and the payment captured.
    OrderConfirmed {
        /// What was captured.
        captured: Money,
        /// How risky the payment looked.
        risk: Risk,
    }
    /// There is too little of something.
    OrderRejected {
        /// Of what, each SKU once.
        short: Vec<ShortLine>,
    }
    /// Nobody decided in time.
    OrderExpired {}
    /// What is open of the order will not be sent.
    OrderCancelled {
        /// What is cancelled by this, each SKU once.
        lines: Vec<Pieces>,
        /// What that costs. It is given back if it was taken.
        value: Money,
    }
    /// The order waits until somebody has looked at it.
    OrderHeld {}
    /// Somebody has looked at it: it goes on.
    OrderReleased {}
    /// Some of it was sent.
    OrderFulfilled {
        /// What.
        fulfilment: Fulfilment,
    }
    /// All that was not cancelled has been sent.
    OrderCompleted {}
    /// Some of it came back.
    OrderReturned {
        /// What.
        #[serde(rename = "return")]
        returned: Return,
    }
    /// Payment has told something that moves no state of the order: an unknown outcome, or money that was given back.
    OrderPaymentChanged {
        /// The refund, when it is one.
        refund_id: Option<RefundId>,
    }
}

/// What every event of an order carries, whatever its type: all that a reader needs who shows orders. The first shape of
/// `order-placed` came before this.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OrderState {
    /// Whose order it is; absent for a guest's.
    pub customer: Option<UserId>,
    /// The order as it is after the event.
    pub order: Order,
}
