//! Who gets which events: nobody waits for what nobody publishes, and the relay reaches those it delivers to and no
//! others.

use std::collections::BTreeSet;
use tradepost_manifest::{Manifest, Route};
use tradepost_subscriptions::SUBSCRIPTIONS;
use tradepost_tests::repository;

/// Every type that a context publishes.
fn published() -> BTreeSet<&'static str> {
    let of_old = [tradepost_ordering::ORDER_PLACED_V1];
    tradepost_events::catalog::TYPES
        .iter()
        .chain(tradepost_events::identity::TYPES)
        .chain(tradepost_events::inventory::TYPES)
        .chain(tradepost_events::ordering::TYPES)
        .chain(tradepost_events::payment::TYPES)
        .chain(&of_old)
        .chain(tradepost_events::payment::TYPES)
        .copied()
        .collect()
}

#[test]
fn every_type_that_somebody_subscribes_to_is_published() {
    let published = published();
    for subscription in SUBSCRIPTIONS {
        assert!(!subscription.event_types.is_empty(), "{} subscribes to nothing", subscription.consumer);
        for event_type in subscription.event_types {
            let consumer = subscription.consumer;
            assert!(published.contains(event_type), "nobody publishes {event_type}, which {consumer} wants");
        }
    }
}

#[test]
fn every_subscription_stands_once() {
    let pairs = SUBSCRIPTIONS.iter().flat_map(|subscription| {
        subscription.event_types.iter().map(|event_type| (subscription.consumer, *event_type))
    });
    let mut seen = BTreeSet::new();
    for pair in pairs {
        assert!(seen.insert(pair), "{pair:?} stands twice");
    }
}

#[test]
fn the_member_that_a_subscription_names_as_its_key_is_one_of_its_events() {
    for subscription in SUBSCRIPTIONS {
        let Some(member) = subscription.key_member else { continue };
        for event_type in subscription.event_types {
            let schemas = tradepost_events::ordering::schemas();
            let has_it = schemas.iter().any(|(other, schema)| {
                other == event_type && schema.get("properties").is_some_and(|all| all.get(member).is_some())
            });
            let consumer = subscription.consumer;
            assert!(has_it, "{event_type} has no {member:?}, by which {consumer} wants it");
        }
    }
}

#[test]
fn no_two_projections_write_the_same_keys() {
    let prefixes: Vec<&str> =
        SUBSCRIPTIONS.iter().filter_map(|subscription| subscription.view_prefix).collect();
    for (place, one) in prefixes.iter().enumerate() {
        for other in &prefixes[place + 1..] {
            assert!(!one.starts_with(other) && !other.starts_with(one), "{one:?} and {other:?}");
        }
    }
}

#[test]
fn every_consumer_stands_in_the_manifest_on_a_private_route() {
    let manifest = Manifest::read(repository().join("spin.toml")).unwrap();
    for subscription in SUBSCRIPTIONS {
        let consumer = subscription.consumer;
        let mut triggers =
            manifest.triggers().iter().filter(|trigger| trigger.component.as_str() == consumer);
        let route = triggers.next().map(|trigger| &trigger.route);
        assert!(matches!(route, Some(Route::Private)), "{consumer} is not on a private route: {route:?}");
        assert!(triggers.next().is_none(), "{consumer} is on a public route too");
    }
}

#[test]
fn the_relay_reaches_the_database_and_the_consumers_and_nobody_else() {
    let manifest: toml_edit::DocumentMut = crate::read("spin.toml").parse().unwrap();
    let hosts = manifest["component"]["messaging-relay"]["allowed_outbound_hosts"].as_array().unwrap();
    let hosts: BTreeSet<String> = hosts.iter().map(|host| host.as_str().unwrap().to_owned()).collect();
    let consumers =
        SUBSCRIPTIONS.iter().map(|subscription| format!("http://{}.spin.internal", subscription.consumer));
    let expected = consumers.chain(["postgres://{{ database_host }}".to_owned()]).collect();
    assert_eq!(hosts, expected);
}
