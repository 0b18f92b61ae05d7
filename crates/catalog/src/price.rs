//! What a product may cost.

use tradepost_input::{Faulted, Field, Invalid, code};
use tradepost_money::{Currency, Money};

/// The highest price, in minor units: ten thousand million dollars, or a million million yen. A million pieces at
/// this price, the most that an order's line can ask for, still fit 64 bits: 10^12 × 10^6 < 2^63.
pub const MOST_PRICE_MINOR_UNITS: i64 = 1_000_000_000_000;

/// Reads `{amount, currency}`. Free is a price.
pub(crate) fn read_price(field: Field<'_>) -> Result<Money, Faulted> {
    field.object(|price| {
        let amount = price.required("amount", |amount| amount.integer_in(0..=MOST_PRICE_MINOR_UNITS));
        let currency = price.required("currency", |currency| {
            currency.parse_with(|code| {
                code.parse::<Currency>()
                    .map_err(|error| Invalid::new(code::INVALID, format!("Currency {error}")))
            })
        });
        Ok(Money::new(amount?, currency?))
    })
}
