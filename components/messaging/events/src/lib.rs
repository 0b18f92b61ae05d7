//! `GET /events`: the log of all events, oldest first, so that whoever follows it goes on after the last one he has.

use tradepost_endpoint::{Admitted, Page, Reply, Scope, endpoint, staff};
use tradepost_ids::EventId;
use tradepost_input::{Fault, Faulted, Faults, Field, Invalid, code};
use tradepost_logged_event::of_port;
use tradepost_problem::{Code, Problem};

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:messaging-events;

            world component {
                import tradepost:messaging/event-log@0.1.0;
            }
        ",
        path: "../../../wit/messaging",
        generate_all,
    });
}

use ports::tradepost::messaging::event_log::{Filter, Part, ReadingError, read};

/// The contexts that publish events. An outbox's events have the source `/<context>`.
const CONTEXTS: &[&str] = &["catalog", "identity", "inventory", "ordering", "payment"];

/// The longest type and subject that an outbox takes, in bytes; what is longer was never published.
const MOST_BYTES: usize = 255;

endpoint! {
    "/events";
    GET (staff(Scope::EventsRead).query(&["type", "subject", "context", "limit", "starting_after", "ending_before"])) => list,
}

async fn list(request: &Admitted) -> Result<Reply, Problem> {
    let (page, filter) = request.query(|query| {
        let page = Page::<EventId>::read(query);
        let event_type = query.optional("type", attribute);
        let subject = query.optional("subject", attribute);
        let source = query.optional("context", |context| context.parse_with(source_of));
        Ok((page?, Filter { event_type: event_type?, subject: subject?, source: source? }))
    })?;

    let part = match (page.starting_after(), page.ending_before()) {
        (Some(id), _) => Part::After(id.as_uuid().to_string()),
        (None, Some(id)) => Part::Before(id.as_uuid().to_string()),
        (None, None) => Part::Beginning,
    };
    let events = read(filter, part, page.limit() + 1).await.map_err(|error| match error {
        ReadingError::NoSuchEvent => no_such_event(&page),
        ReadingError::Unavailable(cause) => Problem::unavailable(cause),
        ReadingError::Other(cause) => Problem::internal(cause),
    })?;

    let (events, has_more) = page.cut(events);
    let mut items = Vec::with_capacity(events.len());
    for event in events {
        let event = of_port!(event);
        items.push((event.event_id()?, event.to_json()?));
    }
    Reply::list_json(request, &page, &items, has_more)
}

fn attribute(field: Field<'_>) -> Result<String, Faulted> {
    field.string_of(1..=MOST_BYTES).map(ToOwned::to_owned)
}

fn source_of(context: &str) -> Result<String, Invalid> {
    if CONTEXTS.contains(&context) {
        return Ok(format!("/{context}"));
    }
    Err(Invalid::new(code::INVALID, format!("Context must be one of {}", CONTEXTS.join(", "))))
}

/// 400 and not an empty page: whoever resumes from an id of another installation, say, would wait for ever.
fn no_such_event(page: &Page<EventId>) -> Problem {
    let (parameter, id) = match (page.starting_after(), page.ending_before()) {
        (Some(id), _) => ("starting_after", id.to_string()),
        (None, Some(id)) => ("ending_before", id.to_string()),
        (None, None) => return Problem::internal("the log has no beginning"),
    };
    let fault = Fault {
        pointer: format!("/{parameter}"),
        code: code::INVALID,
        detail: format!("There is no event {id} in the log"),
    };
    Problem::with_faults(Code::MalformedRequest, Faults::from(fault))
}
