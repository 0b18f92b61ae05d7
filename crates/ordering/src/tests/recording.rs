//! Events as they are written down, and what is read back.

use proptest::prelude::*;
use serde_json::{Value, json};
use tradepost_ids::{EventId, OrderId};
use uuid::Uuid;

use super::{NOON, ada, money, place, price, request};
use crate::{
    AuditItem, EventError, ORDER_PLACED_V1, Order, OrderEvent, OrderLine, OrderPlaced, OrderView, Owner,
    ShippingAddress, Status,
};

/// Every shape that was ever written. A file here is never edited.
const SHAPES: [(&str, &str); 1] =
    [(ORDER_PLACED_V1, include_str!("../../shapes/tradepost.ordering.order-placed.v1.json"))];

fn order_placed() -> OrderEvent {
    OrderEvent::OrderPlaced(OrderPlaced {
        owner: ada(),
        lines: vec![OrderLine {
            sku: "tea-1".to_owned(),
            name: "Tea".to_owned(),
            quantity: 2,
            unit_price: money(1999, "USD"),
            total: money(3998, "USD"),
        }],
        total: money(3998, "USD"),
        currency: "USD".parse().unwrap(),
        email: Some("ada@example.com".to_owned()),
        payment_method: Some("tok_ok".parse().unwrap()),
        shipping_address: Some(ShippingAddress {
            name: Some("Ada".to_owned()),
            line1: "1 St James's Square".to_owned(),
            line2: None,
            city: "London".to_owned(),
            region: None,
            postal_code: "SW1Y 4LE".to_owned(),
            country: "GB".to_owned(),
        }),
        created_at: NOON,
    })
}

fn json_of(event: &OrderEvent) -> Value {
    serde_json::from_str(&event.to_data_json().unwrap()).unwrap()
}

#[test]
fn order_placed_is_written_in_its_first_shape() {
    let [(event_type, shape)] = SHAPES;
    assert_eq!(order_placed().event_type(), event_type);
    assert_eq!(json_of(&order_placed()), serde_json::from_str::<Value>(shape).unwrap());
}

#[test]
fn every_shape_that_was_ever_written_can_be_read() {
    for (event_type, shape) in SHAPES {
        assert_eq!(OrderEvent::from_recorded(event_type, shape).unwrap(), order_placed(), "{event_type}");
    }
}

#[test]
fn what_a_newer_version_added_is_passed_over() {
    let mut json = json_of(&order_placed());
    json["gift"] = json!(true);
    assert_eq!(OrderEvent::from_recorded(ORDER_PLACED_V1, &json.to_string()).unwrap(), order_placed());
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_cause() {
    let unknown = OrderEvent::from_recorded("tradepost.ordering.order-placed.v9", "{}").unwrap_err();
    assert!(matches!(unknown, EventError::UnknownType(name) if name.contains("order-placed.v9")));
    for data in ["", "null", "{}", "[]"] {
        let malformed = OrderEvent::from_recorded(ORDER_PLACED_V1, data).unwrap_err();
        assert!(std::error::Error::source(&malformed).is_some(), "{malformed:?}");
    }
}

#[test]
fn a_new_order_is_pending_at_version_1() {
    assert_eq!(Order::default().status(), None);
    assert_eq!(OrderView::of(OrderId::from_uuid(Uuid::nil()), &Order::default()), None);
    let order = Order::fold(&[order_placed()]);
    assert_eq!((order.version(), order.status(), order.owner()), (1, Some(Status::Pending), Some(ada())));
}

#[test]
fn clients_see_an_order_like_this() {
    let order = Order::fold(&[order_placed()]);
    let view = OrderView::of(OrderId::from_uuid(Uuid::nil()), &order).unwrap();
    let expected = concat!(
        r#"{"id":"order_00000000000000000000000000","status":"pending","lines":["#,
        r#"{"sku":"tea-1","name":"Tea","quantity":2,"unit_price":{"amount":1999,"currency":"USD"},"#,
        r#""total":{"amount":3998,"currency":"USD"}}],"total":{"amount":3998,"currency":"USD"},"#,
        r#""payment":null,"email":"ada@example.com","shipping_address":{"name":"Ada","#,
        r#""line1":"1 St James's Square","line2":null,"city":"London","region":null,"#,
        r#""postal_code":"SW1Y 4LE","country":"GB"},"version":1,"created_at":"2026-11-22T13:33:20.123456Z"}"#,
    );
    assert_eq!(serde_json::to_string(&view).unwrap(), expected);
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
        data: json!({}),
    };
    let expected = concat!(
        r#"{"id":"event_00000000000000000000000000","type":"tradepost.ordering.order-placed.v1","version":1,"#,
        r#""occurred_at":"2026-11-22T13:33:20.123456Z","actor":"anonymous","traceparent":null,"data":{}}"#,
    );
    assert_eq!(serde_json::to_string(&item).unwrap(), expected);
}

#[test]
fn owners_are_a_customer_or_anonymous() {
    for owner in [ada(), Owner::Anonymous] {
        assert_eq!(owner.to_string().parse(), Ok(owner));
    }
    assert_eq!(Owner::Anonymous.to_string(), "anonymous");
    assert!("order_01h455vb4pex5vsknk084sn02q".parse::<Owner>().is_err());
    assert!("Anonymous".parse::<Owner>().is_err());
}

proptest! {
    #[test]
    fn a_view_replayed_from_the_record_is_the_same_byte_for_byte(
        quantities in prop::collection::vec(1..1_000_i64, 1..9),
        unit in 0..1_000_000_i64,
    ) {
        let skus: Vec<String> = (0..quantities.len()).map(|n| format!("sku-{n}")).collect();
        let lines: Vec<(&str, i64)> = skus.iter().map(String::as_str).zip(quantities).collect();
        let prices: Vec<_> = skus.iter().map(|sku| price(sku, unit, "USD")).collect();
        let events = place(request(&lines), &prices).unwrap();
        let recorded: Vec<OrderEvent> = events
            .iter()
            .map(|event| OrderEvent::from_recorded(event.event_type(), &event.to_data_json().unwrap()).unwrap())
            .collect();
        prop_assert_eq!(&recorded, &events);

        let id = OrderId::from_uuid(Uuid::nil());
        let view = |order: &Order| serde_json::to_string(&OrderView::of(id, order).unwrap()).unwrap();
        prop_assert_eq!(view(&Order::fold(&recorded)), view(&Order::fold(&events)));
    }

    #[test]
    fn no_record_makes_it_panic(event_type in any::<String>(), data in any::<String>()) {
        let _ = OrderEvent::from_recorded(&event_type, &data);
        let _ = OrderEvent::from_recorded(ORDER_PLACED_V1, &data);
    }
}
