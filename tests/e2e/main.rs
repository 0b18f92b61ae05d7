//! The HTTP contract, route by route: this tree mirrors the routes of `spin.toml`, and a tidy test says so.

mod anything_else;
mod every_route;
mod health;
mod orders;
mod products;
mod stock;
mod users;
