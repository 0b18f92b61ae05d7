//! What happens when a command meets a product.

use proptest::prelude::*;
use serde_json::json;
use tradepost_ids::ProductId;
use uuid::Uuid;

use super::{NOON, product, tea};
use crate::{Changes, Command, NewProduct, Product, ProductEvent, Refusal, Standing, decide, evolve};

fn types(events: &[ProductEvent]) -> Vec<&'static str> {
    events.iter().map(ProductEvent::event_type).collect()
}

fn change(patch: &serde_json::Value) -> Vec<ProductEvent> {
    let changes = Changes::read(patch, &product(&tea())).unwrap();
    decide(&Standing::Listed(product(&tea())), Command::Change(changes), NOON).unwrap()
}

fn create() -> Command {
    Command::Create { id: ProductId::from_uuid(Uuid::nil()), product: NewProduct::read(&tea()).unwrap() }
}

#[test]
fn every_command_meets_every_standing() {
    use Refusal::{AlreadyCreated, NotListed};
    let listed = || Standing::Listed(product(&tea()));
    let archived = || Standing::Archived(product(&tea()));
    let rename =
        || Command::Change(Changes { name: Some("Green tea".parse().unwrap()), ..Changes::default() });
    let rows = [
        (Standing::Absent, create(), Ok("tradepost.catalog.product-created.v1")),
        (listed(), create(), Err(AlreadyCreated)),
        (archived(), create(), Err(AlreadyCreated)),
        (Standing::Absent, rename(), Err(NotListed)),
        (listed(), rename(), Ok("tradepost.catalog.product-changed.v1")),
        (archived(), rename(), Err(NotListed)),
        (Standing::Absent, Command::Archive, Err(NotListed)),
        (listed(), Command::Archive, Ok("tradepost.catalog.product-archived.v1")),
        (archived(), Command::Archive, Err(NotListed)),
    ];
    for (standing, command, expected) in rows {
        let case = format!("{command:?} on {standing:?}");
        let decided = decide(&standing, command, NOON).map(|events| types(&events));
        assert_eq!(decided, expected.map(|event_type| vec![event_type]), "{case}");
    }
}

#[test]
fn an_edit_of_the_price_and_of_something_else_is_two_events() {
    let events = change(&json!({"name": "Green tea", "price": {"amount": 1}}));
    assert_eq!(
        types(&events),
        ["tradepost.catalog.product-changed.v1", "tradepost.catalog.product-price-changed.v1"]
    );
    let ProductEvent::PriceChanged(last) = &events[1] else { panic!("{events:?}") };
    assert_eq!(
        (last.previous_price.amount(), last.product.price.amount(), last.product.version),
        (1999, 1, 3)
    );
    let ProductEvent::Changed(first) = &events[0] else { panic!("{events:?}") };
    assert_eq!((first.product.price.amount(), first.product.version), (1999, 2));
    assert_eq!(
        types(&change(&json!({"price": {"amount": 1}}))),
        ["tradepost.catalog.product-price-changed.v1"]
    );
}

#[test]
fn an_edit_that_changes_nothing_is_no_event() {
    assert_eq!(change(&json!({})), []);
    assert_eq!(
        change(&json!({"name": "Tea", "price": {"amount": 1999}, "description": null, "active": true})),
        []
    );
}

#[test]
fn events_are_read_as_they_were_written() {
    let mut events = change(&json!({"name": "Green tea", "price": {"amount": 1}}));
    events.extend(decide(&Standing::Absent, create(), NOON).unwrap());
    events.extend(decide(&Standing::Listed(product(&tea())), Command::Archive, NOON).unwrap());
    for event in events {
        let data = serde_json::from_str(&event.to_data_json().unwrap()).unwrap();
        assert_eq!(ProductEvent::from_recorded(event.event_type(), &data).unwrap(), event);
        assert!(ProductEvent::from_recorded(event.event_type(), &json!({})).is_err());
    }
    assert!(ProductEvent::from_recorded("tradepost.catalog.product-created.v9", &json!({})).is_err());
}

#[derive(Clone, Debug)]
enum Step {
    Create,
    Rename(u8),
    Price(u8),
    Both(u8),
    Archive,
}

fn some_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Create),
        4 => (0..3_u8).prop_map(Step::Rename),
        4 => (0..3_u8).prop_map(Step::Price),
        4 => (0..3_u8).prop_map(Step::Both),
        1 => Just(Step::Archive),
    ]
}

fn version(standing: &Standing) -> u64 {
    match standing {
        Standing::Absent => 0,
        Standing::Listed(Product { version, .. }) | Standing::Archived(Product { version, .. }) => *version,
    }
}

proptest! {
    #[test]
    fn versions_count_the_events_and_the_last_event_is_the_product(
        steps in proptest::collection::vec(some_step(), 0..20)
    ) {
        let mut standing = Standing::Absent;
        let mut log: Vec<ProductEvent> = Vec::new();
        for step in steps {
            let patch = match &step {
                Step::Create | Step::Archive => json!({}),
                Step::Rename(n) => json!({"name": n.to_string()}),
                Step::Price(n) => json!({"price": {"amount": n}}),
                Step::Both(n) => json!({"name": n.to_string(), "price": {"amount": n}}),
            };
            let command = match (step, &standing) {
                (Step::Create, _) => create(),
                (Step::Archive, _) => Command::Archive,
                (_, Standing::Listed(product)) => Command::Change(Changes::read(&patch, product).unwrap()),
                _ => Command::Change(Changes::default()),
            };
            let Ok(events) = decide(&standing, command, NOON) else { continue };
            for event in events {
                log.push(event.clone());
                standing = evolve(standing, event);
                prop_assert_eq!(version(&standing), log.len() as u64);
            }
        }
        let folded = log.into_iter().fold(Standing::Absent, evolve);
        prop_assert_eq!(folded, standing);
    }
}
