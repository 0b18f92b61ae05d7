//! Events as they are written down, and what is read back.

use proptest::prelude::*;
use serde_json::{Value, json};
use tradepost_events::Event;
use tradepost_events::ordering as told;
use tradepost_ids::{EventId, UserId};
use uuid::Uuid;

use super::{NOON, money, order_id};
use crate::{AuditItem, EventError, ORDER_PLACED_V1, Order, OrderEvent, Owner, Recorded, Status};

macro_rules! shapes {
    ($($event_type:literal,)+) => {
        [$(($event_type, include_str!(concat!("../../shapes/", $event_type, ".json"))),)+]
    };
}

/// Every shape that was ever written into a stream. A file here is never edited.
const SHAPES: [(&str, &str); 12] = shapes![
    "tradepost.ordering.order-placed.v1",
    "tradepost.ordering.order-placed.v2",
    "tradepost.ordering.order-confirmed.v1",
    "tradepost.ordering.order-rejected.v1",
    "tradepost.ordering.order-expired.v1",
    "tradepost.ordering.order-cancelled.v1",
    "tradepost.ordering.order-held.v1",
    "tradepost.ordering.order-released.v1",
    "tradepost.ordering.order-fulfilled.v1",
    "tradepost.ordering.order-completed.v1",
    "tradepost.ordering.order-returned.v1",
    "tradepost.ordering.order-payment-changed.v1",
];

fn shape(event_type: &str) -> &'static str {
    SHAPES.iter().find(|(known, _)| *known == event_type).unwrap().1
}

fn read(event_type: &str) -> Recorded {
    Recorded::read(event_type, shape(event_type), NOON.as_micros(), None).unwrap()
}

#[test]
fn every_shape_that_was_ever_written_can_be_read_and_is_written_so_today() {
    for (event_type, shape) in SHAPES {
        let recorded = read(event_type);
        if event_type == ORDER_PLACED_V1 {
            continue;
        }
        assert_eq!(recorded.event.event_type(), event_type);
        let again: Value = serde_json::from_str(&recorded.event.to_data_json().unwrap()).unwrap();
        assert_eq!(again, serde_json::from_str::<Value>(shape).unwrap(), "{event_type}");
    }
    let read_only = SHAPES.len() - told::TYPES.len();
    assert_eq!(read_only, 1, "a type that is published has no shape here");
}

#[test]
fn the_first_shape_of_an_order_tells_the_same_order_as_the_second() {
    let [old, new] = [read(ORDER_PLACED_V1), read(told::OrderPlaced::TYPE)].map(|recorded| {
        assert_eq!(recorded.at, NOON);
        Order::fold(&[recorded])
    });
    assert_eq!(old, new);
    assert_eq!((old.version(), old.status()), (1, Some(Status::Pending)));
}

#[test]
fn what_a_newer_version_added_is_passed_over() {
    for (event_type, shape) in SHAPES {
        let mut json: Value = serde_json::from_str(shape).unwrap();
        json["gift"] = json!(true);
        let with_more = Recorded::read(event_type, &json.to_string(), NOON.as_micros(), None).unwrap();
        assert_eq!(with_more, read(event_type));
    }
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_cause() {
    let unknown = Recorded::read("tradepost.ordering.order-placed.v9", "{}", 0, None).unwrap_err();
    assert!(matches!(unknown, EventError::UnknownType(name) if name.contains("order-placed.v9")));
    for event_type in [ORDER_PLACED_V1, told::OrderPlaced::TYPE] {
        for data in ["", "null", "{}", "7"] {
            let malformed = Recorded::read(event_type, data, 0, None).unwrap_err();
            assert!(std::error::Error::source(&malformed).is_some(), "{malformed:?}");
        }
    }
    let cause = Recorded::read(told::OrderCompleted::TYPE, "{}", 0, Some("7")).unwrap_err();
    assert!(matches!(cause, EventError::Cause(_)));
}

/// Streams may be damaged; a reader of one must not be.
#[test]
fn a_stream_that_does_not_begin_with_its_order_has_none() {
    let order = Order::fold(&[read(told::OrderConfirmed::TYPE), read(told::OrderCompleted::TYPE)]);
    assert_eq!((order.version(), order.status(), order.view(order_id())), (2, None, None));
}

#[test]
fn events_that_do_not_fit_their_order_do_no_harm() {
    let mut stream = vec![read(told::OrderPlaced::TYPE)];
    for _ in 0..3 {
        stream.extend(SHAPES.iter().skip(2).map(|(event_type, _)| read(event_type)));
    }
    let order = Order::fold(&stream);
    assert_eq!(order.version(), stream.len() as u64);
    for line in order.view(order_id()).unwrap().lines {
        assert_eq!(line.open, 0);
    }
}

#[test]
fn clients_see_an_order_like_this() {
    let order = Order::fold(&[read(ORDER_PLACED_V1)]);
    let expected = concat!(
        r#"{"id":"order_01h4555b4pexanqk5n0000002w","status":"pending","reason":null,"lines":["#,
        r#"{"sku":"tea-1","name":"Tea","quantity":2,"unit_price":{"amount":1999,"currency":"USD"},"#,
        r#""total":{"amount":3998,"currency":"USD"},"open":2,"cancelled":0,"fulfilled":0,"returned":0}],"#,
        r#""total":{"amount":3998,"currency":"USD"},"payment":{"id":"payment_ID","status":"initiated","#,
        r#""decline_code":null,"refunded":{"amount":0,"currency":"USD"}},"#,
        r#""email":"ada@example.com","shipping_address":{"name":"Ada","#,
        r#""line1":"1 St James's Square","line2":null,"city":"London","region":null,"#,
        r#""postal_code":"SW1Y 4LE","country":"GB"},"fulfilments":[],"returns":[],"version":1,"#,
        r#""created_at":"2026-11-22T13:33:20.123456Z","updated_at":"2026-11-22T13:33:20.123456Z"}"#,
    );
    let id = order_id().to_string();
    let expected = expected.replace("order_01h4555b4pexanqk5n0000002w", &id);
    let expected = expected.replace("payment_ID", &id.replace("order_", "payment_"));
    assert_eq!(serde_json::to_string(&order.view(order_id()).unwrap()).unwrap(), expected);
}

#[test]
fn the_audit_history_shows_an_event_like_this() {
    let item = AuditItem {
        id: EventId::from_uuid(Uuid::nil()),
        event_type: ORDER_PLACED_V1.to_owned(),
        version: 1,
        occurred_at: NOON,
        actor: "anonymous".to_owned(),
        traceparent: None,
        caused_by: None,
        data: json!({}),
    };
    let expected = concat!(
        r#"{"id":"event_00000000000000000000000000","type":"tradepost.ordering.order-placed.v1","version":1,"#,
        r#""occurred_at":"2026-11-22T13:33:20.123456Z","actor":"anonymous","traceparent":null,"#,
        r#""caused_by":null,"data":{}}"#,
    );
    assert_eq!(serde_json::to_string(&item).unwrap(), expected);
}

#[test]
fn the_audit_history_does_not_show_what_could_be_charged_again() {
    for event_type in [ORDER_PLACED_V1, told::OrderPlaced::TYPE] {
        let data = AuditItem::data_of(shape(event_type)).unwrap();
        assert!(!data.to_string().contains("tok_ok"), "{data}");
        assert_eq!(data["email"], "ada@example.com");
    }
}

#[test]
fn owners_are_a_customer_or_anonymous() {
    for owner in [Owner::Customer(UserId::from_uuid(Uuid::nil())), Owner::Anonymous] {
        assert_eq!(owner.to_string().parse(), Ok(owner));
    }
    assert_eq!(Owner::Anonymous.to_string(), "anonymous");
    assert!("order_01h455vb4pex5vsknk084sn02q".parse::<Owner>().is_err());
    assert!("Anonymous".parse::<Owner>().is_err());
}

#[test]
fn nothing_was_given_back_of_a_new_order() {
    let view = Order::fold(&[read(ORDER_PLACED_V1)]).view(order_id()).unwrap();
    assert_eq!(view.payment.refunded, money(0, "USD"));
    let OrderEvent::OrderPlaced(placed) = read(ORDER_PLACED_V1).event else { panic!("another event") };
    assert_eq!(placed.payment_method.unwrap().as_str(), "tok_ok");
}

proptest! {
    #[test]
    fn no_record_makes_it_panic(event_type in any::<String>(), data in any::<String>(), at in any::<i64>()) {
        let _ = Recorded::read(&event_type, &data, at, Some(&data));
        for (known, _) in SHAPES {
            let _ = Recorded::read(known, &data, at, None);
        }
    }
}
