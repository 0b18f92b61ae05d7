//! Exact amounts of a currency: integer minor units with an ISO 4217 code.
//!
//! Nothing here rounds, because nothing here divides: prices are whole minor units, quantities whole numbers, and
//! sums and products of those are whole again or an error. Whoever brings percentages in (a tax, a discount) has
//! to round, and adds the one function that does it to this crate.

mod currency;
mod iso_4217;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use currency::{Currency, UnknownCurrency};

/// An amount of one currency. It may be negative: a refund is.
///
/// As JSON `{"amount":1999,"currency":"USD"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Money {
    amount: i64,
    currency: Currency,
}

/// Why two amounts cannot become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result does not fit 64 bits.
    #[error("the amount is too large")]
    Overflow,
    /// Amounts of two currencies do not add up: there is no rate here.
    #[error("{found} cannot be added to {expected}")]
    CurrencyMismatch {
        /// The currency of the sum so far.
        expected: Currency,
        /// The currency of the amount to be added.
        found: Currency,
    },
}

impl Money {
    /// `amount` is in the currency's minor unit: 1999 USD are 19.99 dollars, 1999 JPY are 1,999 yen.
    pub const fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Minor units.
    pub const fn amount(self) -> i64 {
        self.amount
    }

    /// What it is an amount of.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The sum of two amounts of one currency.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch { expected: self.currency, found: other.currency });
        }
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// The price of `quantity` at this price each.
    pub fn checked_mul(self, quantity: u32) -> Result<Self, MoneyError> {
        let amount = self.amount.checked_mul(i64::from(quantity)).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// The sum of all amounts; `None` when there are none, for nothing has no currency.
    ///
    /// Only the final sum has to fit: amounts that cancel each other out may pass the limit on the way.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Result<Option<Self>, MoneyError> {
        let mut amounts = amounts.into_iter();
        let Some(first) = amounts.next() else { return Ok(None) };
        let total = amounts.try_fold(i128::from(first.amount), |total, next| {
            if next.currency == first.currency {
                // Cannot overflow: 2^64 amounts of 63 bits fit 128.
                Ok(total + i128::from(next.amount))
            } else {
                Err(MoneyError::CurrencyMismatch { expected: first.currency, found: next.currency })
            }
        })?;
        let amount = i64::try_from(total).map_err(|_| MoneyError::Overflow)?;
        Ok(Some(Self { amount, ..first }))
    }
}
