//! What holds for every payment.

use proptest::prelude::*;

use crate::{Assessment, Blocklist, MOST_POINTS, Payment, assess};

/// A payment that owns its texts.
#[derive(Debug, Clone)]
struct Owned {
    amount: i64,
    currency: String,
    email: Option<String>,
    is_guest: bool,
    country: Option<String>,
    pieces: u64,
    by_email: u32,
    by_method: u32,
    emails: Vec<String>,
    countries: Vec<String>,
}

impl Owned {
    fn assess(&self) -> Assessment {
        let payment = Payment {
            amount: self.amount,
            currency: &self.currency,
            email: self.email.as_deref(),
            is_guest: self.is_guest,
            shipping_country: self.country.as_deref(),
            pieces: self.pieces,
            email_payments_last_hour: self.by_email,
            method_payments_last_hour: self.by_method,
        };
        assess(&payment, &Blocklist { emails: &self.emails, countries: &self.countries })
    }
}

/// Few enough different texts that entries of the blocklist meet them.
fn email() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]@(x|y)[.](de|fr|com|io)", "@(x|y)[.](de|fr|com|io)", any::<String>()]
}

fn country() -> impl Strategy<Value = String> {
    prop_oneof!["(DE|FR|us)", any::<String>()]
}

fn payments() -> impl Strategy<Value = Owned> {
    let payment = (
        prop_oneof![0..2_000_000_i64, any::<i64>()],
        prop_oneof!["(USD|EUR|JPY|KWD|XTS)", any::<String>()],
        prop::option::of(email()),
        any::<bool>(),
        prop::option::of(country()),
    );
    let counts = (prop_oneof![0..400_u64, any::<u64>()], prop_oneof![0..15_u32, any::<u32>()], 0..15_u32);
    let lists = (prop::collection::vec(email(), 0..3), prop::collection::vec(country(), 0..3));
    (payment, counts, lists).prop_map(
        |(
            (amount, currency, email, is_guest, country),
            (pieces, by_email, by_method),
            (emails, countries),
        )| Owned {
            amount,
            currency,
            email,
            is_guest,
            country,
            pieces,
            by_email,
            by_method,
            emails,
            countries,
        },
    )
}

proptest! {
    #[test]
    fn the_score_is_the_sum_of_its_reasons_cut_off_and_comes_out_the_same_again(payment in payments()) {
        let assessment = payment.assess();
        let sum: u32 = assessment.reasons.iter().map(|reason| reason.points).sum();
        prop_assert_eq!(assessment.score, sum.min(MOST_POINTS));
        for reason in &assessment.reasons {
            prop_assert!((1..=MOST_POINTS).contains(&reason.points), "{:?}", reason);
            prop_assert!(!reason.detail.is_empty());
        }
        let order = |reason: &crate::Reason| (std::cmp::Reverse(reason.points), reason.rule);
        prop_assert!(assessment.reasons.is_sorted_by(|one, next| order(one) < order(next)));
        prop_assert_eq!(payment.assess(), assessment);
    }

    #[test]
    fn more_of_what_is_suspicious_never_scores_less(
        payment in payments(),
        (money, pieces, by_email, by_method) in (0..i64::MAX, any::<u64>(), any::<u32>(), any::<u32>()),
        blocked in (email(), country()),
    ) {
        let before = payment.assess().score;
        let after = [
            Owned { amount: payment.amount.saturating_add(money), ..payment.clone() },
            Owned { pieces: payment.pieces.saturating_add(pieces), ..payment.clone() },
            Owned { by_email: payment.by_email.saturating_add(by_email), ..payment.clone() },
            Owned { by_method: payment.by_method.saturating_add(by_method), ..payment.clone() },
            Owned { is_guest: true, ..payment.clone() },
            Owned { emails: [payment.emails.clone(), vec![blocked.0]].concat(), ..payment.clone() },
            Owned { countries: [payment.countries.clone(), vec![blocked.1]].concat(), ..payment.clone() },
        ];
        for more in after {
            prop_assert!(more.assess().score >= before, "{:?}", more);
        }
    }

    #[test]
    fn whoever_is_blocked_has_the_highest_score(payment in payments()) {
        let blocked = Owned { emails: payment.email.clone().into_iter().collect(), ..payment.clone() };
        if let Some(email) = payment.email.filter(|email| !email.trim().is_empty() && !email.trim().starts_with('@')) {
            prop_assert_eq!(blocked.assess().score, MOST_POINTS, "{}", email);
        }
    }
}
