//! What counts as much money in which currency.

/// How much an amount is. The steps are multiples of about 500 US dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Band {
    Ordinary,
    /// From about 500 US dollars.
    Large,
    /// From about 1,000 US dollars.
    VeryLarge,
    /// From about 5,000 US dollars.
    Huge,
}

/// About 500 US dollars in minor units, to one digit. No rates: a score must come out the same next year, and a band
/// need not be exact.
const ABOUT_500_DOLLARS: &[(&str, i64)] = &[
    ("AED", 200_000),
    ("AUD", 80_000),
    ("BRL", 300_000),
    ("CAD", 70_000),
    ("CHF", 50_000),
    ("CLP", 500_000),
    ("CNY", 400_000),
    ("CZK", 1_000_000),
    ("DKK", 400_000),
    ("EUR", 50_000),
    ("GBP", 40_000),
    ("HKD", 400_000),
    ("HUF", 20_000_000),
    ("IDR", 800_000_000),
    ("ILS", 200_000),
    ("INR", 4_000_000),
    ("JPY", 80_000),
    ("KRW", 700_000),
    ("KWD", 200_000),
    ("MXN", 1_000_000),
    ("NOK", 500_000),
    ("NZD", 80_000),
    ("PHP", 3_000_000),
    ("PLN", 200_000),
    ("SAR", 200_000),
    ("SEK", 500_000),
    ("SGD", 70_000),
    ("THB", 2_000_000),
    ("TRY", 2_000_000),
    ("TWD", 2_000_000),
    ("USD", 50_000),
    ("VND", 10_000_000),
    ("ZAR", 900_000),
];

/// The band of an amount in minor units; `None` when nobody has said what is much in its currency.
pub(crate) fn band_of(amount: i64, currency: &str) -> Option<Band> {
    let (_, step) = ABOUT_500_DOLLARS.iter().find(|(code, _)| *code == currency)?;
    Some(match amount / step {
        ..1 => Band::Ordinary,
        1 => Band::Large,
        2..10 => Band::VeryLarge,
        _ => Band::Huge,
    })
}

#[cfg(test)]
mod tests {
    use super::ABOUT_500_DOLLARS;

    #[test]
    fn each_currency_has_one_step_and_it_is_above_0() {
        assert!(ABOUT_500_DOLLARS.is_sorted_by(|(one, _), (next, _)| one < next));
        assert!(ABOUT_500_DOLLARS.iter().all(|(_, step)| *step > 0));
    }
}
