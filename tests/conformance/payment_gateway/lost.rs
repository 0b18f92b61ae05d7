//! Answers that do not come: what is then known, and what a look finds.

use super::{ADAPTERS, Finding, Gateway, Market, Outcome, approved, declined, reference};
use std::time::{Duration, Instant};

fn is_unknown(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Unknown(reason) if !reason.is_empty() && !reason.contains("tok_"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_happened_is_absent() {
    for plug in ADAPTERS {
        let market = Market::of(*plug).await;
        let mut gateway = Gateway::on(&market.ground, *plug).await;
        assert_eq!(gateway.look_up(&reference("1-authorise")).await, Finding::Absent, "{plug:?}");
        let asked = reference("1-authorise");
        for _ in 0..2 {
            let outcome = gateway.authorise(&asked, "tok_timeout", 100).await;
            assert!(is_unknown(&outcome), "{plug:?} {outcome:?}");
            assert_eq!(gateway.look_up(&asked).await, Finding::Absent, "{plug:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_though_its_answer_was_lost_is_found() {
    for plug in ADAPTERS {
        let market = Market::of(*plug).await;
        let mut gateway = Gateway::on(&market.ground, *plug).await;
        let authorisation = gateway.authorised("tok_timeout_captured", 700).await;
        let asked = reference("1-capture");
        let outcome = gateway.capture(&asked, &authorisation, 700).await;
        assert!(is_unknown(&outcome), "{plug:?} {outcome:?}");
        let Finding::Approved(found) = gateway.look_up(&asked).await else { panic!("{plug:?}") };
        // Asked again under its reference it is the same capture, and under another none.
        assert_eq!(approved(gateway.capture(&asked, &authorisation, 700).await), found, "{plug:?}");
        let again = gateway.capture(&reference("2-capture"), &authorisation, 700).await;
        assert_eq!(declined(again), "already_captured", "{plug:?}");
        approved(gateway.refund(&reference("refund"), &authorisation, 700).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_attempt_with_a_flaky_token_works() {
    for plug in ADAPTERS {
        let market = Market::of(*plug).await;
        let mut gateway = Gateway::on(&market.ground, *plug).await;
        let first = reference("1-authorise");
        let outcome = gateway.authorise(&first, "tok_flaky", 100).await;
        assert!(is_unknown(&outcome), "{plug:?} {outcome:?}");
        assert_eq!(gateway.look_up(&first).await, Finding::Absent, "{plug:?}");
        approved(gateway.authorise(&reference("2-authorise"), "tok_flaky", 100).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_is_waited_for() {
    for plug in ADAPTERS {
        let market = Market::of(*plug).await;
        let mut gateway = Gateway::on(&market.ground, *plug).await;
        let before = Instant::now();
        approved(gateway.authorise(&reference("1-authorise"), "tok_slow", 100).await);
        assert!(before.elapsed() > Duration::from_millis(1_500), "{plug:?} {:?}", before.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_can_be_declined_and_their_answers_lost() {
    for plug in ADAPTERS {
        let market = Market::of(*plug).await;
        let mut gateway = Gateway::on(&market.ground, *plug).await;
        let captured = gateway.captured("tok_refund_declined", 100).await;
        assert_eq!(declined(gateway.refund(&reference("refund"), &captured, 100).await), "refund_failed");

        let captured = gateway.captured("tok_refund_timeout", 100).await;
        let asked = reference("refund");
        let outcome = gateway.refund(&asked, &captured, 60).await;
        assert!(is_unknown(&outcome), "{plug:?} {outcome:?}");
        assert!(matches!(gateway.look_up(&asked).await, Finding::Approved(_)), "{plug:?}");
        declined(gateway.refund(&reference("refund"), &captured, 60).await);
    }
}
