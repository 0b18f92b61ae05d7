//! What payment tells, all of it under the order's id: a payment belongs to one order and has the same UUID.
//!
//! No event carries what could be charged again, nor the customer's e-mail address: payment's own stream has them.

use serde::{Deserialize, Serialize};
use tradepost_ids::{OrderId, PaymentId, RefundId};
use tradepost_money::Money;
use tradepost_timestamp::Timestamp;

crate::published! {
    PaymentRequested = "tradepost.payment.payment-requested.v1",
    PaymentAttemptStarted = "tradepost.payment.payment-attempt-started.v1",
    PaymentAuthorised = "tradepost.payment.payment-authorised.v1",
    PaymentCaptured = "tradepost.payment.payment-captured.v1",
    PaymentUnknown = "tradepost.payment.payment-unknown.v1",
    PaymentAttemptFailed = "tradepost.payment.payment-attempt-failed.v1",
    PaymentDeclined = "tradepost.payment.payment-declined.v1",
    PaymentVoided = "tradepost.payment.payment-voided.v1",
    PaymentCancelled = "tradepost.payment.payment-cancelled.v1",
    RefundRequested = "tradepost.payment.refund-requested.v1",
    RefundUnknown = "tradepost.payment.refund-unknown.v1",
    RefundDeclined = "tradepost.payment.refund-declined.v1",
    PaymentRefunded = "tradepost.payment.payment-refunded.v1",
}

/// A payment as clients see it: what `GET /payments/:payment_id` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Payment {
    /// The payment's id.
    pub id: PaymentId,
    /// What it pays for.
    pub order_id: OrderId,
    /// `initiated`, `pending`, `succeeded`, `failed` or `unknown`: where its last attempt stands; `initiated` before
    /// there is one, `failed` too when it was called off before there was one.
    pub status: String,
    /// What the order costs.
    pub amount: Money,
    /// What the provider has promised and not yet given or let go.
    pub authorised: Money,
    /// What was taken.
    pub captured: Money,
    /// What was given back of it.
    pub refunded: Money,
    /// Why the provider declined, in its own code.
    pub decline_code: Option<String>,
    /// How risky it looked, once that was scored.
    pub risk: Option<Risk>,
    /// Every attempt to take the money, in order.
    pub attempts: Vec<Attempt>,
    /// Every refund, in order.
    pub refunds: Vec<Refund>,
    /// How many events it has had.
    pub version: u64,
    /// When the order was placed.
    pub created_at: Timestamp,
    /// When its last event happened.
    pub updated_at: Timestamp,
}

/// One attempt to take the money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attempt {
    /// From 1.
    pub number: u32,
    /// `initiated`, `pending` (authorised), `succeeded` (captured), `failed` or `unknown`.
    pub status: String,
    /// The provider's name for it, once there is one.
    pub provider_reference: Option<String>,
    /// Why it failed.
    pub failure_code: Option<String>,
}

/// One refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refund {
    /// The refund's id.
    pub id: RefundId,
    /// `pending`, `succeeded`, `failed` or `unknown`.
    pub status: String,
    /// How much.
    pub amount: Money,
    /// Why: `order_cancelled`, `order_returned`, `requested` and the like.
    pub reason: String,
    /// Why it failed.
    pub decline_code: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// How risky a payment looks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Risk {
    /// 0 to 100.
    pub score: u32,
    /// What it is made of, the weightiest first.
    pub reasons: Vec<RiskReason>,
    /// Whether somebody has to look at the order before it is fulfilled.
    pub review: bool,
}

/// One rule that found something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RiskReason {
    /// The rule, such as `velocity_email`.
    pub rule: String,
    /// What it adds to the score.
    pub points: u32,
    /// In words.
    pub detail: String,
}

macro_rules! payment_events {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub struct $name {
            /// The order.
            pub order_id: OrderId,
            $($(#[$field_doc])* pub $field: $type,)*
            /// The payment as it is after this event.
            pub payment: Payment,
        }
    )+};
}

payment_events! {
    /// An order was placed that has to be paid.
    PaymentRequested {}
    /// The provider is about to be asked.
    PaymentAttemptStarted {
        /// From 1.
        attempt: u32,
    }
    /// The provider has promised the money.
    PaymentAuthorised {
        /// From 1.
        attempt: u32,
        /// How much.
        amount: Money,
    }
    /// The money was taken.
    PaymentCaptured {
        /// From 1.
        attempt: u32,
        /// How much.
        amount: Money,
        /// How risky it looked.
        risk: Risk,
    }
    /// The provider did not answer, and what it did is not known. It will be asked.
    PaymentUnknown {
        /// From 1.
        attempt: u32,
    }
    /// An attempt came to nothing, and another may follow.
    PaymentAttemptFailed {
        /// From 1.
        attempt: u32,
        /// Why.
        failure_code: String,
    }
    /// The order will not be paid: no more attempts follow.
    PaymentDeclined {
        /// In the provider's code, or `processing_error` or `reservation_expired`.
        decline_code: String,
    }
    /// The provider was told to let go of what it had promised.
    PaymentVoided {
        /// From 1.
        attempt: u32,
    }
    /// The order ended before the money was taken: none will be.
    PaymentCancelled {
        /// Why.
        reason: String,
    }
    /// Money is to be given back.
    RefundRequested {
        /// The refund.
        refund_id: RefundId,
        /// How much.
        amount: Money,
        /// Why.
        reason: String,
    }
    /// The provider did not answer a refund, and what it did is not known. It will be asked.
    RefundUnknown {
        /// The refund.
        refund_id: RefundId,
    }
    /// The provider did not give the money back.
    RefundDeclined {
        /// The refund.
        refund_id: RefundId,
        /// In the provider's code.
        decline_code: String,
    }
    /// Money was given back.
    PaymentRefunded {
        /// The refund.
        refund_id: RefundId,
        /// How much.
        amount: Money,
        /// How much in all.
        refunded: Money,
    }
}
