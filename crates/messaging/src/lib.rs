//! How the relay supervises consumers: what is delivered together, what an answer means for each mailbox, when to try
//! again, and when to set an event aside.
//!
//! Values in, a decision out. The clock, chance and the wires are the relay's.

mod backoff;
mod error_text;
mod judge;
mod plan;
mod reply;
#[cfg(test)]
mod tests;

pub use backoff::Backoff;
pub use judge::{Consequence, Failure, Policy, Settlement, given_back, judge, used_up};
pub use plan::{Plan, plan};
pub use reply::{Answer, Reply};

/// What an actor is to be given: the events of a mailbox, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn<E> {
    /// The consumer's component id.
    pub consumer: String,
    /// The actor's key.
    pub partitionkey: String,
    /// How often the first event has been tried, this time included.
    pub attempts: u32,
    /// At least one.
    pub events: Vec<E>,
}

/// What the rules have to know of an event.
pub trait Placed {
    /// Its id, by which the consumer answers.
    fn id(&self) -> &str;
    /// Its place in the log.
    fn position(&self) -> i64;
}
