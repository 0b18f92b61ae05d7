//! The HTTP contract, route by route: this tree mirrors the routes of `spin.toml`, and a tidy test says so.

mod _well_known;
mod anything_else;
mod api_keys;
mod authorisation;
mod dead_letters;
mod docs;
mod events;
mod every_route;
mod health;
mod ledger;
mod lost_answers;
mod manners;
mod openapi_json;
mod orders;
mod password_resets;
mod payments;
mod products;
mod rate_limits;
mod rebuilding;
mod sessions;
mod stock;
mod tick;
mod users;
mod verifications;
mod web_safety;
