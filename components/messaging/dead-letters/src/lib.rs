//! `GET /dead-letters`: what was set aside, newest first, and why.

use serde::Serialize;
use tradepost_endpoint::{Admitted, Page, Reply, Scope, endpoint, staff};
use tradepost_ids::LetterId;
use tradepost_logged_event::{of_port, with_member};
use tradepost_problem::Problem;
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:messaging-dead-letters;

            world component {
                import tradepost:messaging/dead-letters@0.1.0;
            }
        ",
        path: "../../../wit/messaging",
        generate_all,
    });
}

use ports::tradepost::messaging::dead_letters::{DeadLetter, Part, ReadingError, read};

/// The longest id of a consumer, in bytes.
const MOST_BYTES: usize = 255;

endpoint! {
    "/dead-letters";
    GET (staff(Scope::EventsRead).query(&["consumer", "limit", "starting_after", "ending_before"])) => list,
}

async fn list(request: &Admitted) -> Result<Reply, Problem> {
    let (page, consumer) = request.query(|query| {
        let page = Page::<LetterId>::read(query);
        // Any name: a consumer that is subscribed to nothing any more may have left letters.
        let consumer = query.optional("consumer", |id| id.string_of(1..=MOST_BYTES).map(ToOwned::to_owned));
        Ok((page?, consumer?))
    })?;

    let part = match (page.starting_after(), page.ending_before()) {
        (Some(id), _) => Part::After(id.as_uuid().to_string()),
        (None, Some(id)) => Part::Before(id.as_uuid().to_string()),
        (None, None) => Part::Beginning,
    };
    let letters = read(consumer, part, page.limit() + 1).await.map_err(|error| match error {
        ReadingError::Unavailable(cause) => Problem::unavailable(cause),
        ReadingError::Other(cause) => Problem::internal(cause),
    })?;

    let (letters, has_more) = page.cut(letters);
    let items = letters.into_iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    Reply::list_json(request, &page, &items, has_more)
}

/// A letter as the staff sees it, but for its event.
#[derive(Serialize)]
struct Letter {
    id: LetterId,
    consumer: String,
    attempts: u32,
    error: String,
    set_aside_at: Timestamp,
    waiting: u32,
}

fn shown(letter: DeadLetter) -> Result<(LetterId, Vec<u8>), Problem> {
    let id = LetterId::from_uuid(Uuid::try_parse(&letter.id).map_err(Problem::internal)?);
    let event = of_port!(letter.event).to_json()?;
    let letter = Letter {
        id,
        consumer: letter.consumer,
        attempts: letter.attempts,
        error: letter.error,
        set_aside_at: Timestamp::from_micros(letter.set_aside_at),
        waiting: letter.waiting,
    };
    Ok((id, with_member(&letter, "event", &event)?))
}
