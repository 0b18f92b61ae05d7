//! Each rule by itself, from just below to just above each of its steps.

use crate::{Blocklist, Payment, assess};

/// Nothing about it is remarkable.
const PLAIN: Payment<'static> = Payment {
    amount: 1_999,
    currency: "USD",
    email: Some("someone@example.com"),
    is_guest: false,
    shipping_country: Some("US"),
    pieces: 1,
    email_payments_last_hour: 0,
    method_payments_last_hour: 0,
};

fn found(payment: Payment<'_>) -> Vec<(&'static str, u32)> {
    found_with(payment, &[], &[])
}

fn found_with(payment: Payment<'_>, emails: &[&str], countries: &[&str]) -> Vec<(&'static str, u32)> {
    let owned = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>();
    let (emails, countries) = (owned(emails), owned(countries));
    let assessment = assess(&payment, &Blocklist { emails: &emails, countries: &countries });
    assessment.reasons.iter().map(|reason| (reason.rule, reason.points)).collect()
}

#[test]
fn a_plain_payment_has_no_points() {
    assert_eq!(found(PLAIN), []);
    assert_eq!(assess(&PLAIN, &Blocklist::default()).score, 0);
}

#[test]
fn amounts_weigh_by_bands_of_their_currency() {
    for (amount, currency, points) in [
        (49_999, "USD", 0),
        (50_000, "USD", 5),
        (99_999, "USD", 5),
        (100_000, "USD", 10),
        (499_999, "USD", 10),
        (500_000, "USD", 20),
        (i64::MAX, "USD", 20),
        // As many yen are a hundredth of as many dollars.
        (79_999, "JPY", 0),
        (80_000, "JPY", 5),
        (1_600_000, "KWD", 10),
        (1, "XTS", 5),
        (i64::MAX, "XTS", 5),
        (i64::MIN, "USD", 0),
    ] {
        let expected = if points == 0 { vec![] } else { vec![("amount", points)] };
        assert_eq!(found(Payment { amount, currency, ..PLAIN }), expected, "{amount} {currency}");
    }
}

#[test]
fn guests_weigh_with_a_large_amount_and_without_an_address() {
    let guest = Payment { is_guest: true, ..PLAIN };
    assert_eq!(found(guest), []);
    let large = Payment { amount: 50_000, ..guest };
    assert_eq!(found(large), [("guest_large_amount", 10), ("amount", 5)]);
    assert_eq!(found(Payment { email: None, ..guest }), [("guest_without_email", 5)]);
    assert_eq!(found(Payment { email: None, ..PLAIN }), []);
}

#[test]
fn many_pieces_weigh() {
    for (pieces, expected) in [
        (49, vec![]),
        (50, vec![("quantity", 10)]),
        (199, vec![("quantity", 10)]),
        (200, vec![("quantity", 20)]),
    ] {
        assert_eq!(found(Payment { pieces, ..PLAIN }), expected, "{pieces}");
    }
}

#[test]
fn payments_in_quick_succession_weigh_by_address_and_by_method() {
    for (count, points) in
        [(2, None), (3, Some(5)), (4, Some(5)), (5, Some(10)), (9, Some(10)), (10, Some(15))]
    {
        let by_email = found(Payment { email_payments_last_hour: count, ..PLAIN });
        assert_eq!(by_email.first().copied(), points.map(|points| ("velocity_email", points)), "{count}");
        let by_method = found(Payment { method_payments_last_hour: count, ..PLAIN });
        assert_eq!(by_method.first().copied(), points.map(|points| ("velocity_method", points)), "{count}");
    }
}

#[test]
fn an_address_that_is_at_home_elsewhere_weighs() {
    for (email, country, differs) in [
        ("a@example.de", "DE", false),
        ("a@example.DE", "de", false),
        ("a@example.de", "FR", true),
        ("a@example.co.uk", "GB", false),
        ("a@example.co.uk", "UK", true),
        ("a@example.com", "FR", false),
        // Sold to everybody.
        ("a@example.io", "FR", false),
        ("a@example.eu", "US", false),
        ("a@example.de.", "DE", false),
        ("de", "FR", false),
        ("a@", "FR", false),
        ("a@b@example.fr", "DE", true),
    ] {
        let expected = if differs { vec![("country_mismatch", 15)] } else { vec![] };
        let payment = Payment { email: Some(email), shipping_country: Some(country), ..PLAIN };
        assert_eq!(found(payment), expected, "{email} {country}");
    }
    assert_eq!(found(Payment { email: Some("a@example.fr"), shipping_country: None, ..PLAIN }), []);
}

#[test]
fn who_is_blocked_has_all_points() {
    let payment = |email| Payment { email: Some(email), ..PLAIN };
    for (email, entry, blocked) in [
        ("Someone@Example.com", " someone@EXAMPLE.com ", true),
        ("someone@example.com", "someone@example.co", false),
        ("someone@example.com", "@example.com", true),
        ("someone@mail.example.com", "@example.com", true),
        ("someone@notexample.com", "@example.com", false),
        ("someone@example.com.", "@example.com", true),
        ("someone@example.com", "example.com", false),
        ("someone@example.com", "@", false),
        ("someone@example.com", "", false),
        ("", "", false),
    ] {
        let expected = if blocked { vec![("blocked_email", 100)] } else { vec![] };
        assert_eq!(found_with(payment(email), &[entry], &[]), expected, "{email:?} {entry:?}");
    }
    assert_eq!(found_with(PLAIN, &[], &["fr", " us "]), [("blocked_country", 100)]);
    assert_eq!(found_with(PLAIN, &[], &["fr", ""]), []);
    assert_eq!(found_with(Payment { shipping_country: None, ..PLAIN }, &[], &["US", ""]), []);
}

#[test]
fn reasons_name_nobody() {
    let payment = Payment {
        email: Some("someone@example.fr"),
        email_payments_last_hour: 5,
        method_payments_last_hour: 12,
        pieces: 300,
        amount: i64::MAX,
        is_guest: true,
        ..PLAIN
    };
    let blocked = [String::from("@example.fr")];
    let assessment = assess(&payment, &Blocklist { emails: &blocked, countries: &[] });
    assert_eq!(assessment.score, 100);
    assert_eq!(assessment.reasons.len(), 7);
    for reason in assessment.reasons {
        assert!(!reason.detail.contains("example") && !reason.detail.contains('@'), "{reason:?}");
    }
}
