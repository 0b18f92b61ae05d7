//! Payments: `/payments/…`

mod payment_id;
