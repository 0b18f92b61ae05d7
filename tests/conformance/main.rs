//! What the ports promise, each in a suite of its own that is run against every adapter of the port.
//!
//! An adapter is called as an endpoint calls it: by itself, with the grants of an endpoint that uses it. A new
//! adapter is one line in its port's `ADAPTERS`.

mod admission;
mod api_keys;
mod customer_orders;
mod database_health;
mod dead_letters;
mod event_delivery;
mod event_log;
mod event_queue;
mod event_replays;
mod ground;
mod idempotency_expiry;
mod inventory;
mod ledger;
mod logged;
mod login_sessions;
mod mishap;
mod nudge;
mod one_time_tokens;
mod order_deadlines;
mod order_journal;
mod order_search;
mod order_views;
mod password_hashing;
mod payment_gateway;
mod payment_journal;
mod payment_views;
mod price_list;
mod product_catalog;
mod product_search;
mod product_views;
mod risk_score;
mod session_views;
mod swap;
mod user_directory;
mod user_search;
mod view_store_health;

use std::collections::BTreeSet;
use tradepost_tests::repository;

#[test]
fn every_adapter_is_run_through_the_suite_of_its_port() {
    let suites = [
        admission::ADAPTERS,
        api_keys::ADAPTERS,
        customer_orders::ADAPTERS,
        database_health::ADAPTERS,
        event_delivery::ADAPTERS,
        event_queue::ADAPTERS,
        idempotency_expiry::ADAPTERS,
        inventory::ADAPTERS,
        dead_letters::ADAPTERS,
        event_log::ADAPTERS,
        event_replays::ADAPTERS,
        ledger::ADAPTERS,
        login_sessions::ADAPTERS,
        session_views::ADAPTERS,
        nudge::ADAPTERS,
        one_time_tokens::ADAPTERS,
        order_deadlines::ADAPTERS,
        order_journal::ADAPTERS,
        order_search::ADAPTERS,
        order_views::ADAPTERS,
        password_hashing::ADAPTERS,
        payment_gateway::ADAPTERS,
        payment_journal::ADAPTERS,
        payment_views::ADAPTERS,
        price_list::ADAPTERS,
        product_catalog::ADAPTERS,
        product_search::ADAPTERS,
        product_views::ADAPTERS,
        risk_score::ADAPTERS,
        user_directory::ADAPTERS,
        user_search::ADAPTERS,
        view_store_health::ADAPTERS,
    ];
    let tested: BTreeSet<String> = suites.concat().iter().map(|plug| plug.package.to_owned()).collect();
    let folders = repository().join("components/adapters").read_dir().unwrap();
    let mut adapters: BTreeSet<String> =
        folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    adapters.insert("gateway-admission".to_owned());
    assert_eq!(tested, adapters);
}
