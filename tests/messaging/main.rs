//! The relay with consumers that misbehave on purpose, and a consumer with events that do.

mod post_office;
mod stock_openings;
mod supervision;
