//! What a replay may be asked for.

use tradepost_input::{Faulted, Faults, Field, Invalid, code, read};
use tradepost_problem::Problem;
use tradepost_subscriptions::{SUBSCRIPTIONS, Subscription};
use tradepost_timestamp::Timestamp;

/// The most types that one request names; no consumer is subscribed to as many.
const MOST_TYPES: usize = 100;

/// A consumer that there is, types that it is subscribed to, and a time that can have passed.
pub(crate) struct ReplayRequest {
    pub(crate) consumer: String,
    /// Of the consumer's subscription.
    pub(crate) key_member: Option<String>,
    pub(crate) event_types: Vec<String>,
    /// Inclusive.
    pub(crate) from: Option<Timestamp>,
    /// Exclusive.
    pub(crate) to: Option<Timestamp>,
    /// Where an earlier answer said to go on.
    pub(crate) position: Option<i64>,
}

impl ReplayRequest {
    pub(crate) fn read(body: &serde_json::Value) -> Result<Self, Problem> {
        let request: Result<Self, Faults> = read(body, |request| {
            let mut subscription = None;
            let consumer = request.required("consumer", |field| {
                let found = field.parse_with(subscription_of)?;
                subscription = Some(found);
                Ok(found.consumer.to_owned())
            });
            let event_types = request.required("types", |types| {
                types.array(1..=MOST_TYPES, |event_type| subscribed(event_type, subscription))
            });
            let from = request.optional("from", time);
            let earliest = from.as_ref().ok().copied().flatten();
            let to = request.optional("to", |field| later_than(earliest, field));
            let position = request.optional("position", |position| position.integer_in(0..=i64::MAX));
            let key_member = subscription.and_then(|subscription| subscription.key_member).map(str::to_owned);
            Ok(Self {
                consumer: consumer?,
                key_member,
                event_types: event_types?,
                from: from?,
                to: to?,
                position: position?,
            })
        });
        Ok(request?)
    }
}

fn subscription_of(consumer: &str) -> Result<&'static Subscription, Invalid> {
    SUBSCRIPTIONS.iter().find(|subscription| subscription.consumer == consumer).ok_or_else(|| {
        let consumers: Vec<_> = SUBSCRIPTIONS.iter().map(|subscription| subscription.consumer).collect();
        Invalid::new(code::INVALID, format!("Consumer must be one of {}", consumers.join(", ")))
    })
}

/// A type that no subscription brings is refused, because the consumer would not know what to do with it. Of an unknown
/// consumer any type will do.
fn subscribed(field: Field<'_>, subscription: Option<&Subscription>) -> Result<String, Faulted> {
    field.parse_with(|event_type| match subscription {
        Some(subscription) if !subscription.event_types.contains(&event_type) => Err(Invalid::new(
            code::INVALID,
            format!(
                "{} is subscribed to {} only",
                subscription.consumer,
                subscription.event_types.join(", ")
            ),
        )),
        _ => Ok(event_type.to_owned()),
    })
}

fn time(field: Field<'_>) -> Result<Timestamp, Faulted> {
    field.parse_with(|text| {
        text.parse().map_err(|fault| Invalid::new(code::INVALID, format!("A time {fault}")))
    })
}

fn later_than(earliest: Option<Timestamp>, field: Field<'_>) -> Result<Timestamp, Faulted> {
    field.parse_with(|text| {
        let latest: Timestamp =
            text.parse().map_err(|fault| Invalid::new(code::INVALID, format!("A time {fault}")))?;
        if earliest.is_some_and(|earliest| latest <= earliest) {
            return Err(Invalid::new(code::INVALID, "To must be later than from"));
        }
        Ok(latest)
    })
}
