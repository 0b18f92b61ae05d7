//! What clients ask to have given back, and what references name.

use proptest::prelude::*;
use serde_json::json;
use tradepost_ids::{PaymentId, RefundId};
use tradepost_money::Money;
use tradepost_payment::{Named, Operation, RefundRequest, Step, is_under_one_key, refund_asked_for};
use uuid::Uuid;

const SCOPE: [&str; 4] = ["admin", "POST", "/payments/payment_1/refunds", "key"];

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

#[test]
fn an_amount_is_said_or_not() {
    let read = |body| {
        RefundRequest::read(&body)
            .map(|request| request.amount)
            .map_err(|faults| faults.iter().map(|fault| fault.pointer.clone()).collect::<Vec<_>>())
    };
    let dollars = Money::new(500, "USD".parse().unwrap());
    assert_eq!(read(json!({})), Ok(None));
    assert_eq!(read(json!({"amount": {"amount": 500, "currency": "USD"}})), Ok(Some(dollars)));
    for amount in [json!(0), json!(-1), json!(1.5), json!("1")] {
        let body = json!({"amount": {"amount": amount, "currency": "usd"}, "reason": "x"});
        let expected = ["/amount/amount", "/amount/currency", "/reason"].map(ToOwned::to_owned).to_vec();
        assert_eq!(read(body), Err(expected), "{amount}");
    }
    assert_eq!(read(json!({"amount": 500})), Err(vec!["/amount".to_owned()]));
}

#[test]
fn the_same_question_is_the_same_refund_and_another_body_is_seen() {
    let id = refund_asked_for(SCOPE, b"body");
    assert_eq!(id, refund_asked_for(SCOPE, b"body"));
    let other_body = refund_asked_for(SCOPE, b"another");
    assert!(id != other_body && is_under_one_key(id, other_body));
    for other in [
        ["admi", "nPOST", SCOPE[2], SCOPE[3]],
        ["user_1", SCOPE[1], SCOPE[2], SCOPE[3]],
        [SCOPE[0], SCOPE[1], "/payments/payment_2/refunds", SCOPE[3]],
        [SCOPE[0], SCOPE[1], SCOPE[2], "another"],
    ] {
        let other = refund_asked_for(other, b"body");
        assert!(id != other && !is_under_one_key(id, other), "{other}");
    }
    // What was not asked for under a key is under none: this one has version 7.
    let returned = RefundId::from_uuid(uuid(0x0190_0000_0000_7000_8000_0000_0000_0000));
    assert!(!is_under_one_key(returned, returned) && !is_under_one_key(id, returned));
}

#[test]
fn what_is_no_reference_of_ours_names_nothing() {
    let payment = PaymentId::from_uuid(uuid(7));
    for reference in [
        String::new(),
        "refund_1".to_owned(),
        payment.to_string(),
        format!("{payment}-1"),
        format!("{payment}-1-look"),
        format!("{payment}-01-capture"),
        format!("{payment}-+1-capture"),
        format!("{payment}--1-capture"),
        format!("{payment}-1-capture-2"),
        format!("{}-1-capture", payment.to_string().to_uppercase()),
    ] {
        assert_eq!(Named::of(&reference), None, "{reference}");
    }
}

proptest! {
    #[test]
    fn a_reference_names_what_it_was_made_of(number: u128, attempt: u32, which in 0..3_usize) {
        let (payment, operation) = (PaymentId::from_uuid(uuid(number)), Operation::ALL[which]);
        let reference = operation.reference(payment, attempt);
        let named = Named::Attempt { payment, attempt, operation };
        prop_assert_eq!(Named::of(&reference), Some(named));
        prop_assert_eq!(named.look_up(), Step::LookUp { attempt, operation, reference });

        let refund_id = RefundId::from_uuid(uuid(number));
        let reference = refund_id.to_string();
        prop_assert_eq!(Named::of(&reference), Some(Named::Refund(refund_id)));
        prop_assert_eq!(Named::Refund(refund_id).look_up(), Step::LookUpRefund { refund_id, reference });
    }
}
