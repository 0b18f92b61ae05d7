//! What a draft has to be written down: events for the stream, what others are told, and the head.

use serde_json::Value;
use tradepost_events::Event;
use tradepost_events::ordering as told;

use super::{
    NOON, after, cancel, confirm, fulfil, hold, order_id, pending, refund_id, release, take_back, uuid,
};
use crate::{Command, Draft, Order, PaymentNews, Recorded, Status};

fn whole_life() -> Draft {
    let refunded = PaymentNews::Refunded { refund_id: refund_id(), refunded: super::money(1999, "USD") };
    after([
        confirm(),
        hold(),
        release(),
        fulfil(&[("tea", 1)]),
        cancel(),
        take_back(&[("tea", 1)]),
        Command::HearOfPayment(refunded),
    ])
}

#[test]
fn others_are_told_the_whole_order_after_each_event() {
    for (draft, end) in [
        (whole_life(), told::OrderPaymentChanged::TYPE),
        (after([Command::Reject { short: vec![] }]), told::OrderRejected::TYPE),
        (after([Command::LoseReservation]), told::OrderExpired::TYPE),
    ] {
        let written = draft.events().unwrap();
        assert_eq!(written.last().unwrap().event_type, end);
        let mut stream = Vec::new();
        for (event, version) in written.iter().zip(1..) {
            let told: Value = serde_json::from_str(&event.published).unwrap();
            stream.push(Recorded::read(event.event_type, &event.data, event.at.as_micros(), None).unwrap());
            let view = Order::fold(&stream).view(order_id()).unwrap();
            assert_eq!(told["order"], serde_json::to_value(&view).unwrap(), "{}", event.event_type);
            assert_eq!(told["order"]["version"], version);
            assert!(told["customer"].as_str().unwrap().starts_with("user_"));
        }
    }
}

#[test]
fn what_others_are_told_can_be_read_as_its_type_says() {
    for event in whole_life().events().unwrap() {
        let read = |json: &str| -> Result<(), serde_json::Error> {
            match event.event_type {
                told::OrderPlaced::TYPE => {
                    let placed: told::OrderPlaced = serde_json::from_str(json)?;
                    assert_eq!(placed.payment_method, None);
                }
                told::OrderConfirmed::TYPE => drop(serde_json::from_str::<told::OrderConfirmed>(json)?),
                told::OrderHeld::TYPE => drop(serde_json::from_str::<told::OrderHeld>(json)?),
                told::OrderReleased::TYPE => drop(serde_json::from_str::<told::OrderReleased>(json)?),
                told::OrderFulfilled::TYPE => {
                    let fulfilled: told::OrderFulfilled = serde_json::from_str(json)?;
                    assert_eq!(fulfilled.order.fulfilments.last(), Some(&fulfilled.fulfilment));
                }
                told::OrderCancelled::TYPE => drop(serde_json::from_str::<told::OrderCancelled>(json)?),
                told::OrderCompleted::TYPE => drop(serde_json::from_str::<told::OrderCompleted>(json)?),
                told::OrderReturned::TYPE => {
                    let returned: told::OrderReturned = serde_json::from_str(json)?;
                    assert_eq!(returned.order.returns.last(), Some(&returned.returned));
                }
                told::OrderPaymentChanged::TYPE => {
                    let changed: told::OrderPaymentChanged = serde_json::from_str(json)?;
                    assert_eq!(changed.refund_id, Some(refund_id()));
                }
                other => panic!("{other}"),
            }
            Ok(())
        };
        read(&event.published).unwrap();
    }
}

#[test]
fn the_stream_has_no_copies_of_the_order() {
    for event in whole_life().events().unwrap() {
        let data: Value = serde_json::from_str(&event.data).unwrap();
        assert!(data.get("order").is_none() && data.get("customer").is_none(), "{data}");
    }
}

#[test]
fn the_head_is_what_clients_see() {
    let draft = whole_life();
    let head = draft.head().unwrap().unwrap();
    assert_eq!(head.view, serde_json::to_string(&draft.view().unwrap()).unwrap());
    assert_eq!((head.status, head.created_at, head.status_since), (Status::Completed, NOON, NOON));
    assert!(head.customer.is_some());
    assert_eq!(Draft::of(order_id(), Order::default()).head().unwrap(), None);
}

#[test]
fn a_draft_starts_from_where_it_was_loaded_and_knows_why_it_changed() {
    let stream: Vec<Recorded> = pending()
        .events()
        .unwrap()
        .iter()
        .map(|event| Recorded::read(event.event_type, &event.data, event.at.as_micros(), None).unwrap())
        .collect();
    let mut draft = Draft::of(order_id(), Order::fold(&stream));
    assert!(!draft.is_changed());
    assert!(draft.command(confirm(), Some(uuid(9)), NOON).unwrap());
    let events = draft.events().unwrap();
    assert_eq!((draft.loaded_version(), events.len(), events[0].caused_by), (1, 1, Some(uuid(9))));
    assert_eq!(draft.order().version(), 2);
    // It is known from the stream, too, once it is written down.
    let cause = uuid(9).to_string();
    let [event] = events.as_slice() else { panic!("{events:?}") };
    let recorded = Recorded::read(event.event_type, &event.data, 0, Some(&cause)).unwrap();
    assert!(Order::fold(&[recorded]).has_answered(&uuid(9)));
}
