//! The shape of a consumer: a component on a private route that is given events in batches and says of each what
//! became of it.
//!
//! ```ignore
//! tradepost_consumer::consumer!(apply);
//!
//! async fn apply(events: &[CloudEvent]) -> Vec<Outcome> {
//!     apply_by_key(events, async |events| openings::apply(events).await.map_err(outcome)).await
//! }
//! ```
//!
//! Events come at least once, and those of one partition key in order. A consumer remembers the ids that it has
//! applied in the statement that applies them, so that a redelivery changes nothing.
//!
//! The relay is not the only one that can call: the batch is `application/cloudevents-batch+json`, a single event
//! in `application/cloudevents+json` is taken too, and a status other than 200 says to any CloudEvents broker that
//! it should deliver again. The body of the answer says more:
//! `{"results":[{"id":"…","outcome":"applied"},{"id":"…","outcome":"failed","error":"…"}]}`, in the batch's order.

mod answer;
mod batch;
mod by_key;
mod serve;
#[cfg(test)]
mod tests;

pub use by_key::apply_by_key;
pub use serve::serve;
pub use tradepost_cloudevents::CloudEvent;
#[doc(hidden)]
pub use tradepost_private_route::private_route;

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Its effect is durable, from this delivery or an earlier one.
    Applied,
    /// Not this time. It is delivered again, after a while, and a bounded number of times.
    Failed(String),
    /// No retry will help: it is set aside at once. For what cannot be read or breaks a rule, not for a bug's sake.
    Rejected(String),
    /// Not tried: an earlier event of its key did not get through.
    Held,
    /// Something that the consumer needs is down. It is delivered again, and not counted as a try.
    Unavailable(String),
}

/// Exports a component's HTTP handler. Its argument is an `async fn(&[CloudEvent]) -> Vec<Outcome>`, which answers
/// for each event in order; it is stopped after 10 seconds, and what it has not answered then has failed.
#[macro_export]
macro_rules! consumer {
    ($apply:expr) => {
        $crate::private_route!(async |request| $crate::serve(request, $apply).await);
    };
}
