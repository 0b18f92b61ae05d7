//! Arithmetic is compared with that of 128 bits.

use proptest::prelude::*;

use crate::{Currency, Money, MoneyError, UnknownCurrency};

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn usd(amount: i64) -> Money {
    Money::new(amount, currency("USD"))
}

#[test]
fn currencies_have_the_decimals_of_iso_4217() {
    for (code, exponent) in
        [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("EUR", 2), ("ZWG", 2), ("AED", 2)]
    {
        assert_eq!(currency(code).exponent(), exponent, "{code}");
        assert_eq!(currency(code).to_string(), code);
    }
}

#[test]
fn what_is_no_currency_in_use_is_refused() {
    for code in
        ["usd", "Usd", "US", "USDX", "", "XXX", "XAU", "XTS", "DEM", "HRK", "BGN", "ZWL", "€UR", "USD "]
    {
        assert_eq!(code.parse::<Currency>(), Err(UnknownCurrency), "{code:?}");
    }
}

/// A code that is out of order would not be found.
#[test]
fn every_listed_currency_is_found_and_none_is_listed_twice() {
    let letters = || b'A'..=b'Z';
    let mut found = 0;
    for code in letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| [a, b, c]))) {
        found += usize::from(str::from_utf8(&code).unwrap().parse::<Currency>().is_ok());
    }
    let listed: usize = crate::iso_4217::BY_EXPONENT.iter().map(|(_, codes)| codes.len()).sum();
    assert_eq!(found, listed);
}

#[test]
fn json_has_an_integer_and_a_code() {
    let json = r#"{"amount":1999,"currency":"USD"}"#;
    assert_eq!(serde_json::to_string(&usd(1999)).unwrap(), json);
    assert_eq!(serde_json::from_str::<Money>(json).unwrap(), usd(1999));
    for bad in [
        r#"{"amount":19.99,"currency":"USD"}"#,
        r#"{"amount":"1999","currency":"USD"}"#,
        r#"{"amount":1999,"currency":"usd"}"#,
        r#"{"amount":1999}"#,
    ] {
        assert!(serde_json::from_str::<Money>(bad).is_err(), "{bad}");
    }
}

#[test]
fn currencies_do_not_mix() {
    let eur = Money::new(1, currency("EUR"));
    let mismatch = MoneyError::CurrencyMismatch { expected: currency("USD"), found: currency("EUR") };
    assert_eq!(usd(1).checked_add(eur), Err(mismatch));
    assert_eq!(Money::sum([usd(1), eur]), Err(mismatch));
    assert_eq!(Money::sum([usd(0), Money::new(0, currency("EUR"))]), Err(mismatch));
}

#[test]
fn what_does_not_fit_is_an_error() {
    assert_eq!(usd(i64::MAX).checked_add(usd(1)), Err(MoneyError::Overflow));
    assert_eq!(usd(i64::MIN).checked_add(usd(-1)), Err(MoneyError::Overflow));
    assert_eq!(usd(i64::MAX).checked_mul(2), Err(MoneyError::Overflow));
    assert_eq!(Money::sum([usd(i64::MAX), usd(1)]), Err(MoneyError::Overflow));
}

#[test]
fn a_sum_may_pass_the_limit_on_the_way() {
    assert_eq!(Money::sum([usd(i64::MAX), usd(1), usd(-2)]), Ok(Some(usd(i64::MAX - 1))));
}

#[test]
fn the_sum_of_nothing_has_no_currency() {
    assert_eq!(Money::sum([]), Ok(None));
}

proptest! {
    #[test]
    fn sums_are_exact_in_any_order(mut amounts in prop::collection::vec(any::<i64>(), 1..20)) {
        let exact: i128 = amounts.iter().map(|&amount| i128::from(amount)).sum();
        let expected = i64::try_from(exact).map(|amount| Some(usd(amount))).map_err(|_| MoneyError::Overflow);
        prop_assert_eq!(Money::sum(amounts.iter().map(|&amount| usd(amount))), expected);
        amounts.reverse();
        prop_assert_eq!(Money::sum(amounts.iter().map(|&amount| usd(amount))), expected);
    }

    #[test]
    fn addition_and_multiplication_are_exact(a: i64, b: i64, quantity: u32) {
        let exact = |value: i128| i64::try_from(value).map(usd).map_err(|_| MoneyError::Overflow);
        prop_assert_eq!(usd(a).checked_add(usd(b)), exact(i128::from(a) + i128::from(b)));
        prop_assert_eq!(usd(a).checked_mul(quantity), exact(i128::from(a) * i128::from(quantity)));
    }

    #[test]
    fn no_text_makes_the_currency_panic(text in any::<String>()) {
        let _ = text.parse::<Currency>();
    }
}
