//! The rules, in tables and properties.

mod adjusting;
mod demanding;
mod levels;
mod reservations;
