//! Which consumer gets which events, as `subscriptions.toml` beside this crate's manifest says.

/// A consumer and what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription {
    /// The consumer's component id.
    pub consumer: &'static str,
    /// The CloudEvents types that it is given.
    pub event_types: &'static [&'static str],
    /// The member of the events' data whose text is the key of the consumer's mailboxes; `None`: the partition key. An
    /// event without that member is not for this consumer.
    pub key_member: Option<&'static str>,
    /// What the keys begin with that the consumer writes in the view store, when it is a projection.
    pub view_prefix: Option<&'static str>,
}

/// All there are.
pub const SUBSCRIPTIONS: &[Subscription] = include!(concat!(env!("OUT_DIR"), "/subscriptions.rs"));
