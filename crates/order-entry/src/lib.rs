//! Between the port `order-journal`, whose Rust types are each component's own, and the rules of ordering: a stream
//! becomes an order, and a draft of an order becomes an entry to append.
//!
//! ```ignore
//! let order = order_of!(journal::load(id).await?)?;
//! let mut draft = Draft::of(id, order);
//! draft.command(command, None, now())?;
//! let entry = entry_of!(journal, &draft, request.actor(), Some(request.traceparent()))?;
//! ```

use serde_json::Error;
#[doc(hidden)]
pub use tradepost_chance::fresh_uuid;
use tradepost_ordering::{Draft, EventError, Head, Order, Recorded, WrittenEvent};

/// The order that a stream of a port's `recorded-event` tells of: `Result<Order, EventError>`.
#[macro_export]
macro_rules! order_of {
    ($stream:expr) => {
        $crate::order($stream.iter().map(|event| {
            (event.event_type.as_str(), event.data.as_str(), event.occurred_at, event.caused_by.as_deref())
        }))
    };
}

/// What is to be appended of a draft, as the `entry` of the port's module `$journal`, which must be a name in scope:
/// `Result<Entry, serde_json::Error>`, whose error is a bug. Each event gets an id of its own here.
#[macro_export]
macro_rules! entry_of {
    ($journal:ident, $draft:expr, $actor:expr, $traceparent:expr) => {{
        let draft = $draft;
        $crate::parts(draft).map(|(head, events)| $journal::Entry {
            order_id: draft.id().as_uuid().to_string(),
            expected_version: draft.loaded_version(),
            events: events
                .into_iter()
                .map(|event| $journal::NewEvent {
                    id: $crate::fresh_uuid().to_string(),
                    event_type: event.event_type.to_owned(),
                    data: event.data,
                    published: Some(event.published),
                    caused_by: event.caused_by.map(|cause| cause.to_string()),
                    occurred_at: event.at.as_micros(),
                })
                .collect(),
            head: $journal::Head {
                customer: head.customer.map(|customer| customer.as_uuid().to_string()),
                status: head.status.as_str().to_owned(),
                created_at: head.created_at.as_micros(),
                status_since: head.status_since.as_micros(),
                view: head.view,
            },
            actor: $actor.into(),
            traceparent: $traceparent,
        })
    }};
}

/// The order that events tell of, each given by its type, payload, time and cause.
#[doc(hidden)]
pub fn order<'a>(
    stream: impl Iterator<Item = (&'a str, &'a str, i64, Option<&'a str>)>,
) -> Result<Order, EventError> {
    let recorded = stream.map(|(event_type, data, at, cause)| Recorded::read(event_type, data, at, cause));
    Ok(Order::fold(&recorded.collect::<Result<Vec<_>, _>>()?))
}

/// What an entry is made of.
#[doc(hidden)]
pub fn parts(draft: &Draft) -> Result<(Head, Vec<WrittenEvent>), Error> {
    let head = draft.head()?.ok_or_else(|| {
        <Error as serde::de::Error>::custom("an order that was never placed has nothing to append")
    })?;
    Ok((head, draft.events()?))
}
