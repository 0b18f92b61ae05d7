//! The HTTP contract, route by route: this tree mirrors the routes of `spin.toml`, and a tidy test says so.

mod anything_else;
mod dead_letters;
mod events;
mod every_route;
mod health;
mod ledger;
mod orders;
mod payments;
mod products;
mod rebuilding;
mod stock;
mod tick;
mod users;
