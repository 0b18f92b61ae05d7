//! Which consumer gets which events, as `subscriptions.toml` beside this crate's manifest says.

/// A consumer and what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription {
    /// The consumer's component id.
    pub consumer: &'static str,
    /// The CloudEvents types that it is given.
    pub event_types: &'static [&'static str],
}

/// All there are.
pub const SUBSCRIPTIONS: &[Subscription] = include!(concat!(env!("OUT_DIR"), "/subscriptions.rs"));
