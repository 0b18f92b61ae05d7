//! What somebody wants to happen to an order, or what has happened elsewhere and concerns it.

use std::time::Duration;

use tradepost_events::inventory::ShortLine;
use tradepost_events::ordering::Reason;
use tradepost_events::payment::Risk;
use tradepost_ids::{FulfilmentId, RefundId, ReturnId};
use tradepost_money::Money;

use crate::{Owner, PlaceOrder, RequestedPieces};

/// What somebody wants to happen to an order, or what has happened elsewhere and concerns it.
///
/// Of the first kind are placing, cancelling, holding, releasing, fulfilling and returning: they are refused when they
/// come at the wrong time. Of the second kind are the others: when they come too late, nothing happens.
#[derive(Debug, Clone)]
// It is only large where pointers are.
#[cfg_attr(
    target_pointer_width = "64",
    expect(clippy::large_enum_variant, reason = "made once and taken apart at once, never kept in numbers")
)]
pub enum Command<'a> {
    /// To order.
    Place {
        /// What the customer asked for.
        request: PlaceOrder,
        /// What the products cost, in any order. A SKU that is absent is not on sale.
        prices: &'a [Price],
        /// Whose order it will be.
        owner: Owner,
    },
    /// Stock is reserved and the payment captured. If the payment has to be looked at, the order is held at once.
    Confirm {
        /// What was captured.
        captured: Money,
        /// How risky the payment looked.
        risk: Risk,
    },
    /// There is too little of something.
    Reject {
        /// Of what.
        short: Vec<ShortLine>,
    },
    /// The payment was declined.
    Decline {
        /// In the provider's code.
        decline_code: String,
    },
    /// What was promised to the order has been given up. A pending order expires; one that was placed and of which
    /// nothing was sent is cancelled.
    LoseReservation,
    /// Time passes.
    TimeOut {
        /// How long an order may stay where it is.
        deadlines: Deadlines,
    },
    /// Payment has told something else.
    HearOfPayment(PaymentNews),
    /// To call off what is open.
    Cancel {
        /// Why.
        reason: Reason,
    },
    /// To set the order aside.
    Hold {
        /// Why.
        reason: Reason,
    },
    /// To let a held order go on.
    Release {
        /// What to say of it.
        detail: Option<String>,
    },
    /// To send some of it.
    Fulfil {
        /// The parcel's id.
        id: FulfilmentId,
        /// What is in it.
        pieces: RequestedPieces,
    },
    /// To take some of it back.
    Return {
        /// The return's id.
        id: ReturnId,
        /// What came back.
        pieces: RequestedPieces,
    },
}

/// What a product costs now, as the catalog says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// The product's SKU.
    pub sku: String,
    /// The product's name, to be kept on the order.
    pub name: String,
    /// What one piece costs. Not negative.
    pub unit: Money,
}

/// What payment tells that moves no state of the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentNews {
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

/// How long an order may stay where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Pending: then it expires.
    pub pending: Duration,
    /// On hold: then what is open is cancelled.
    pub on_hold: Duration,
    /// Placed, since it last became so: then what is open is cancelled.
    pub placed: Duration,
}
