//! Why an order is on hold or has ended.

use tradepost_events::ordering::Reason;

/// The codes of [`Reason`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReasonCode {
    /// There is too little of something.
    InsufficientStock,
    /// The payment was declined.
    PaymentDeclined,
    /// The order waited for too long for stock and payment.
    PaymentTimeout,
    /// What was promised to the order was not called for in time.
    ReservationExpired,
    /// The customer, or whoever has a guest's order, wanted it.
    CustomerRequest,
    /// Staff wanted it.
    StaffRequest,
    /// The payment looks risky.
    RiskReview,
    /// Nobody looked at the held order in time.
    ReviewTimeout,
    /// Nobody sent what is open in time.
    FulfilmentTimeout,
}

impl ReasonCode {
    /// Every code.
    pub const ALL: &[Self] = &[
        Self::InsufficientStock,
        Self::PaymentDeclined,
        Self::PaymentTimeout,
        Self::ReservationExpired,
        Self::CustomerRequest,
        Self::StaffRequest,
        Self::RiskReview,
        Self::ReviewTimeout,
        Self::FulfilmentTimeout,
    ];

    /// The code that clients see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InsufficientStock => "insufficient_stock",
            Self::PaymentDeclined => "payment_declined",
            Self::PaymentTimeout => "payment_timeout",
            Self::ReservationExpired => "reservation_expired",
            Self::CustomerRequest => "customer_request",
            Self::StaffRequest => "staff_request",
            Self::RiskReview => "risk_review",
            Self::ReviewTimeout => "review_timeout",
            Self::FulfilmentTimeout => "fulfilment_timeout",
        }
    }

    /// The reason with this code and these words.
    pub fn with(self, detail: Option<String>) -> Reason {
        Reason { code: self.as_str().to_owned(), detail }
    }
}
