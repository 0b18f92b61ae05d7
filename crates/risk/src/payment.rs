//! What is known of a payment before anybody is charged.

/// One payment, as far as rules look at it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Payment<'a> {
    /// What is to be taken, in minor units of `currency`.
    pub amount: i64,
    /// ISO 4217.
    pub currency: &'a str,
    /// Where the customer is written to, as given.
    pub email: Option<&'a str>,
    /// Whether the order is a guest's.
    pub is_guest: bool,
    /// ISO 3166-1 alpha-2 of the address that the goods go to.
    pub shipping_country: Option<&'a str>,
    /// Pieces of all lines together.
    pub pieces: u64,
    /// Payments of this e-mail address in the hour before, this one not counted.
    pub email_payments_last_hour: u32,
    /// Payments with this payment method in the hour before, this one not counted.
    pub method_payments_last_hour: u32,
}
