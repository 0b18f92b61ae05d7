//! Money is promised, taken or let go, and given back, and never more of it than there is.

use super::{ADAPTERS, Finding, Gateway, Market, Outcome, approved, declined, reference};

#[tokio::test(flavor = "multi_thread")]
async fn money_is_promised_taken_and_given_back_in_parts() {
    for plug in ADAPTERS {
        let market = Market::of(*plug).await;
        let mut gateway = Gateway::on(&market.ground, *plug).await;
        let references = ["1-authorise", "1-capture", "refund-a", "refund-b"].map(reference);
        let [authorise, capture, first, rest] = &references;
        let authorisation = approved(gateway.authorise(authorise, "tok_ok", 1_999).await);
        let captured = approved(gateway.capture(capture, &authorisation, 1_999).await);
        let refunded = [
            approved(gateway.refund(first, &authorisation, 999).await),
            approved(gateway.refund(rest, &authorisation, 1_000).await),
        ];
        // Another instance knows of it: what the provider has is nobody's memory.
        let mut another = Gateway::on(&market.ground, *plug).await;
        let [one, other] = refunded;
        for (asked, answered) in references.iter().zip([authorisation, captured, one, other]) {
            assert_eq!(another.look_up(asked).await, Finding::Approved(answered), "{plug:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_says_why_and_stays() {
    for plug in ADAPTERS {
        let market = Market::of(*plug).await;
        let mut gateway = Gateway::on(&market.ground, *plug).await;
        for (token, code) in [
            ("tok_declined", "card_declined"),
            ("tok_insufficient_funds", "insufficient_funds"),
            ("tok_fraud", "fraud_suspected"),
            ("tok_of_no_kind", "invalid_payment_method"),
            ("", "payment_method_missing"),
        ] {
            let asked = reference("1-authorise");
            let outcome = gateway.authorise(&asked, token, 100).await;
            assert_eq!(declined(outcome.clone()), code, "{plug:?} {token}");
            assert_eq!(gateway.authorise(&asked, token, 100).await, outcome, "{plug:?} {token}");
            let Outcome::Declined(decline) = outcome else { unreachable!() };
            assert_eq!(gateway.look_up(&asked).await, Finding::Declined(decline), "{plug:?} {token}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authorisation_is_taken_or_let_go_once() {
    for plug in ADAPTERS {
        let market = Market::of(*plug).await;
        let mut gateway = Gateway::on(&market.ground, *plug).await;
        let captured = gateway.captured("tok_ok", 500).await;
        let again = gateway.capture(&reference("2-capture"), &captured, 500).await;
        assert_eq!(declined(again), "already_captured", "{plug:?}");
        let undone = gateway.void(&reference("1-void"), &captured, 500).await;
        assert_eq!(declined(undone), "already_captured", "{plug:?}");

        let voided = gateway.authorised("tok_ok", 500).await;
        let void = reference("1-void");
        approved(gateway.void(&void, &voided, 500).await);
        assert!(matches!(gateway.look_up(&void).await, Finding::Approved(_)), "{plug:?}");
        let late = gateway.capture(&reference("1-capture"), &voided, 500).await;
        assert_eq!(declined(late), "already_voided", "{plug:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_taken_than_was_promised() {
    for plug in ADAPTERS {
        let market = Market::of(*plug).await;
        let mut gateway = Gateway::on(&market.ground, *plug).await;
        let authorisation = gateway.authorised("tok_ok", 500).await;
        declined(gateway.capture(&reference("1-capture"), &authorisation, 501).await);
        declined(gateway.capture(&reference("2-capture"), "of-nobody", 500).await);
        approved(gateway.capture(&reference("3-capture"), &authorisation, 500).await);
        declined(gateway.authorise(&reference("1-authorise"), "tok_ok", 0).await);
        declined(gateway.authorise(&reference("1-authorise"), "tok_ok", -1).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_given_back_than_was_taken() {
    for plug in ADAPTERS {
        let market = Market::of(*plug).await;
        let mut gateway = Gateway::on(&market.ground, *plug).await;
        let promised = gateway.authorised("tok_ok", 500).await;
        declined(gateway.refund(&reference("refund"), &promised, 1).await);
        declined(gateway.refund(&reference("refund"), "of-nobody", 1).await);

        let captured = gateway.captured("tok_ok", 500).await;
        let too_much = gateway.refund(&reference("refund"), &captured, 501).await;
        assert_eq!(declined(too_much), "amount_too_large", "{plug:?}");
        approved(gateway.refund(&reference("refund"), &captured, 300).await);
        let rest = reference("refund");
        let too_much = gateway.refund(&rest, &captured, 201).await;
        assert_eq!(declined(too_much), "amount_too_large", "{plug:?}");
        declined(gateway.refund(&reference("refund"), &captured, 0).await);
        approved(gateway.refund(&reference("refund"), &captured, 200).await);
        declined(gateway.refund(&reference("refund"), &captured, 1).await);
    }
}
