//! The rules about stock: what is on hand, what is promised, and what may become of it.
//!
//! Stock is changed by statements that check and write at once, so the same rules stand in `migrations/inventory/`
//! too. Those are the ones that count; these are the ones to read, and conformance tests hold the two together.

mod adjustment;
mod demand;
mod level;
mod reservation;
#[cfg(test)]
mod tests;

pub use adjustment::{Adjustment, Delta};
pub use demand::{Demand, DemandError, MOST_SKUS};
pub use level::{MOST_ON_HAND, Refusal, Stock, StockLevel};
pub use reservation::{ReservationState, TRANSITIONS, Transition, UnknownState};
