//! What only the sandbox can be asked: its store breaks, goes away, and is looked into.

use super::{Finding, Gateway, Outcome, SANDBOX, approved, declined, reference};
use crate::ground::{Ground, gives_away_an_address};
use crate::mishap::{Mishap, Moment};

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_broke_off_anywhere_comes_to_an_end_when_it_is_asked_for_again() {
    for moment in Moment::BOTH {
        for ordinal in 1.. {
            let ground = Ground::fresh().await;
            let mishap = Mishap::at(ordinal, moment);
            let mut unlucky = Gateway::unlucky(&ground, SANDBOX, &mishap).await;
            let [authorise, capture, refund] = ["1-authorise", "1-capture", "refund"].map(reference);
            let mut lucky = Gateway::on(&ground, SANDBOX).await;
            let settled = async |outcome, again| match outcome {
                Outcome::Unknown(_) => approved(again),
                outcome => approved(outcome),
            };
            let outcome = unlucky.authorise(&authorise, "tok_ok", 100).await;
            let authorisation = settled(outcome, lucky.authorise(&authorise, "tok_ok", 100).await).await;
            let outcome = unlucky.capture(&capture, &authorisation, 100).await;
            settled(outcome, lucky.capture(&capture, &authorisation, 100).await).await;
            let outcome = unlucky.refund(&refund, &authorisation, 60).await;
            settled(outcome, lucky.refund(&refund, &authorisation, 60).await).await;
            let second = lucky.capture(&reference("2-capture"), &authorisation, 100).await;
            assert_eq!(declined(second), "already_captured", "{moment:?} {ordinal}");
            declined(lucky.refund(&reference("refund"), &authorisation, 41).await);
            approved(lucky.refund(&reference("refund"), &authorisation, 40).await);
            if !mishap.happened() {
                assert!(ordinal > 10, "the mishaps should reach every call: {ordinal}");
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_that_broke_off_anywhere_is_found_if_and_only_if_it_took_the_money() {
    for moment in Moment::BOTH {
        for ordinal in 1.. {
            let ground = Ground::fresh().await;
            let mut lucky = Gateway::on(&ground, SANDBOX).await;
            let [authorise, capture, void] = ["1-authorise", "1-capture", "1-void"].map(reference);
            let authorisation = approved(lucky.authorise(&authorise, "tok_ok", 100).await);
            let mishap = Mishap::at(ordinal, moment);
            let mut unlucky = Gateway::unlucky(&ground, SANDBOX, &mishap).await;
            unlucky.capture(&capture, &authorisation, 100).await;
            let found = lucky.look_up(&capture).await;
            let taken = match lucky.void(&void, &authorisation, 100).await {
                Outcome::Approved(_) => false,
                outcome => declined(outcome) == "already_captured",
            };
            assert_eq!(matches!(found, Finding::Approved(_)), taken, "{moment:?} {ordinal}: {found:?}");
            assert!(taken || matches!(found, Finding::Absent), "{moment:?} {ordinal}: {found:?}");
            if !mishap.happened() {
                assert!(ordinal > 4, "the mishaps should reach every call: {ordinal}");
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_leaves_everything_unknown() {
    let ground = Ground::away().await;
    let mut gateway = Gateway::on(&ground, SANDBOX).await;
    let reasons = [
        gateway.authorise(&reference("1-authorise"), "tok_ok", 100).await,
        gateway.capture(&reference("1-capture"), "sandbox_of", 100).await,
        gateway.void(&reference("1-void"), "sandbox_of", 100).await,
        gateway.refund(&reference("refund"), "sandbox_of", 100).await,
    ];
    for outcome in reasons {
        let Outcome::Unknown(reason) = outcome else { panic!("{outcome:?}") };
        assert!(!gives_away_an_address(&reason), "{reason}");
    }
    assert!(matches!(gateway.look_up(&reference("1-void")).await, Finding::Unknown(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operations_outcome_stands_under_its_reference_and_its_token_nowhere() {
    let ground = Ground::fresh().await;
    let mut gateway = Gateway::on(&ground, SANDBOX).await;
    let asked = reference("1-authorise");
    gateway.authorise(&asked, "tok_timeout_captured", 1_999).await;
    let entry = ground.store().get(&format!("sandbox:{asked}")).unwrap().unwrap();
    let text = String::from_utf8(entry).unwrap();
    assert!(text.contains("1999") && text.contains("order_01h455vb4pex5vsknk084sn02q"), "{text}");
    assert!(!text.contains("tok_"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_reference_is_declined_and_opens_no_other_key() {
    let ground = Ground::fresh().await;
    let mut gateway = Gateway::on(&ground, SANDBOX).await;
    for asked in ["", "a:settled", "a b", &"x".repeat(129), "ä"] {
        let outcome = gateway.authorise(asked, "tok_ok", 100).await;
        assert_eq!(declined(outcome), "invalid_reference", "{asked:?}");
        assert_eq!(ground.store().get(&format!("sandbox:{asked}")).unwrap(), None);
    }
    approved(gateway.authorise(&"x".repeat(128), "tok_ok", 100).await);
}
