//! The relay with consumers that misbehave on purpose, and consumers with events that do.

mod charging;
mod ordering_deadlines;
mod ordering_progress;
mod orders;
mod post_office;
mod reservations;
mod stock_openings;
mod supervision;
