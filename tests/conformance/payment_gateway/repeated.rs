//! The same operation asked for again, one after the other and at once.

use super::{
    ADAPTERS, Finding, Gateway, Market, Outcome, approved, authorisation, declined, operation, reference,
};
use crate::ground::call_all;

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_is_asked_for_again_happens_once_and_is_answered_as_before() {
    for plug in ADAPTERS {
        let market = Market::of(*plug).await;
        let mut one = Gateway::on(&market.ground, *plug).await;
        let mut another = Gateway::on(&market.ground, *plug).await;
        let [authorise, capture, refund] = ["1-authorise", "1-capture", "refund"].map(reference);
        let authorisation = approved(one.authorise(&authorise, "tok_ok", 100).await);
        let captured = approved(one.capture(&capture, &authorisation, 100).await);
        let refunded = approved(one.refund(&refund, &authorisation, 60).await);
        for gateway in [&mut one, &mut another] {
            assert_eq!(
                approved(gateway.authorise(&authorise, "tok_ok", 100).await),
                authorisation,
                "{plug:?}"
            );
            assert_eq!(approved(gateway.capture(&capture, &authorisation, 100).await), captured, "{plug:?}");
            assert_eq!(approved(gateway.refund(&refund, &authorisation, 60).await), refunded, "{plug:?}");
        }
        // Given back once: 40 are left and no more.
        declined(one.refund(&reference("refund"), &authorisation, 41).await);
        approved(one.refund(&reference("refund"), &authorisation, 40).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_at_once_are_one_operation() {
    for plug in ADAPTERS {
        let market = Market::of(*plug).await;
        let mut gateway = Gateway::on(&market.ground, *plug).await;
        let first = reference("1-authorise");
        let promises = call_all!(
            gateway.tradepost_payment_payment_gateway.call_authorise(_ in 0..8 => authorisation(&first, "tok_ok", 100))
        );
        let authorisation = approved(promises[0].clone());
        assert!(promises.iter().all(|promise| *promise == promises[0]), "{plug:?} {promises:?}");
        let asked = reference("refund");
        approved(gateway.capture(&reference("1-capture"), &authorisation, 100).await);
        let refunds = call_all!(
            gateway.tradepost_payment_payment_gateway.call_refund(_ in 0..8 => operation(&asked, &authorisation, 60))
        );
        assert!(refunds.iter().all(|refund| *refund == refunds[0]), "{plug:?} {refunds:?}");
        declined(gateway.refund(&reference("refund"), &authorisation, 41).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_operations_at_once_are_answered_each_for_itself() {
    for plug in ADAPTERS {
        let market = Market::of(*plug).await;
        let mut gateway = Gateway::on(&market.ground, *plug).await;
        let asked: Vec<(String, &str)> = (0..32)
            .map(|number| (reference("1-authorise"), if number % 2 == 0 { "tok_ok" } else { "tok_declined" }))
            .collect();
        let outcomes = call_all!(
            gateway.tradepost_payment_payment_gateway
                .call_authorise((reference, token) in asked.iter() => authorisation(reference, token, 100))
        );
        for ((reference, token), outcome) in asked.iter().zip(outcomes) {
            assert_eq!(matches!(outcome, Outcome::Approved(_)), *token == "tok_ok", "{plug:?} {outcome:?}");
            let found = gateway.look_up(reference).await;
            assert_eq!(matches!(found, Finding::Approved(_)), *token == "tok_ok", "{plug:?} {found:?}");
        }
    }
}
