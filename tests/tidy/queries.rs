//! What only reads views cannot reach the database: neither the components that answer from the view store alone, nor the
//! projections that write it.

use std::collections::BTreeSet;
use toml_edit::{DocumentMut, Item};
use tradepost_subscriptions::SUBSCRIPTIONS;

/// What needs no grant but its variables.
const GATEWAY: &str = "gateway-admission";

/// Components whose ports, but for admission, all stand on the view store.
fn on_views_alone(manifest: &DocumentMut) -> BTreeSet<String> {
    let components = manifest["component"].as_table().unwrap().iter();
    let is_one = |component: &Item| {
        let Some(ports) = component.get("dependencies").and_then(Item::as_table) else { return false };
        let adapters: Vec<&str> = ports
            .iter()
            .filter_map(|(_, port)| port["component"].as_str())
            .filter(|adapter| *adapter != GATEWAY)
            .collect();
        !adapters.is_empty()
            && adapters.iter().all(|adapter| {
                adapter.ends_with("-views-key-value") || *adapter == "customer-orders-key-value"
            })
    };
    components.filter(|(_, component)| is_one(component)).map(|(id, _)| id.to_owned()).collect()
}

#[test]
fn queries_and_projections_hold_no_grant_for_the_database() {
    let manifest: DocumentMut = crate::read("spin.toml").parse().unwrap();
    let mut components = on_views_alone(&manifest);
    for query in ["ordering-order", "payment-payment"] {
        assert!(components.contains(query), "{query} reads from somewhere else than views: {components:?}");
    }
    components.extend(
        SUBSCRIPTIONS
            .iter()
            .filter(|subscription| subscription.view_prefix.is_some())
            .map(|projection| projection.consumer.to_owned()),
    );
    assert!(components.len() >= 6, "{components:?}");
    for id in components {
        let component = &manifest["component"][&id];
        let hosts = component.get("allowed_outbound_hosts");
        assert!(hosts.is_none(), "{id} has a way out: {}", hosts.unwrap());
        let knows_where = component
            .get("variables")
            .and_then(Item::as_table_like)
            .is_some_and(|variables| variables.iter().any(|(name, _)| name.contains("database")));
        assert!(!knows_where, "{id} knows where the database is");
    }
}
