//! The port `dead-letters` on Postgres, table `messaging.dead_letters`.

use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Letters;

    wit_bindgen::generate!({
        inline: "
            package tradepost:dead-letters-postgres;

            world component {
                export tradepost:messaging/dead-letters@0.1.0;
            }
        ",
        path: "../../../wit/messaging",
        generate_all,
    });

    export!(Letters);
}

use ports::exports::tradepost::messaging::dead_letters::{DeadLetter, Event, Guest, Part, ReadingError};

const DATABASE: Database = Database::as_role("tradepost_messaging_reader");

struct Letters;

impl Guest for Letters {
    async fn read(consumer: Option<String>, part: Part, most: u32) -> Result<Vec<DeadLetter>, ReadingError> {
        if let Part::After(id) | Part::Before(id) = &part
            && Uuid::try_parse(id).is_err()
        {
            return Err(ReadingError::Other("a part begins at an id that is no UUID".to_owned()));
        }
        read(consumer, part, most).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => ReadingError::Unavailable(reason),
            failure => ReadingError::Other(failure.to_string()),
        })
    }
}

/// The order is the one of the ids, which the relay makes of its clock: `set_aside_at` would need a second column to be
/// unique, and a letter that was replayed meanwhile could not be looked up.
async fn read(consumer: Option<String>, part: Part, most: u32) -> Result<Vec<DeadLetter>, Failure> {
    let (id, comparison, direction) = match part {
        Part::Beginning => (None, "<", "DESC"),
        Part::After(id) => (Some(id), "<", "DESC"),
        Part::Before(id) => (Some(id), ">", "ASC"),
    };
    let statement = format!(
        "
        SELECT letter.id, letter.consumer, letter.attempts, letter.error,
               (extract(epoch FROM letter.set_aside_at) * 1000000)::bigint,
               (
                   SELECT count(*)
                   FROM (
                       SELECT
                       FROM messaging.deliveries AS behind
                       WHERE behind.consumer = letter.consumer AND behind.partitionkey = letter.partitionkey
                         AND behind.position > letter.position
                       LIMIT 10000
                   ) AS counted
               ),
               event.id, event.source, event.type, event.subject,
               (extract(epoch FROM event.time) * 1000000)::bigint, event.partitionkey, event.sequence,
               event.traceparent, event.data::text
        FROM (
            SELECT *
            FROM messaging.dead_letters
            WHERE ($2::text IS NULL OR consumer = $2) AND ($3::uuid IS NULL OR id {comparison} $3)
            ORDER BY id {direction}
            LIMIT $1
        ) AS letter
        JOIN messaging.events AS event ON event.position = letter.position
        ORDER BY letter.id DESC"
    );
    let parameters = vec![
        Parameter::Int64(most.into()),
        consumer.map_or(Parameter::DbNull, Parameter::Str),
        id.map_or(Parameter::DbNull, Parameter::Uuid),
    ];
    let rows = DATABASE.query(&statement, parameters, Repeat::Safe).await?;
    rows.into_iter().map(letter_of).collect()
}

fn letter_of(mut row: Row) -> Result<DeadLetter, Failure> {
    Ok(DeadLetter {
        id: row.take()?,
        consumer: row.take()?,
        // Constraints and `count` keep these three above zero.
        attempts: row.take::<i32>()?.unsigned_abs(),
        error: row.take()?,
        set_aside_at: row.take()?,
        waiting: u32::try_from(row.take::<i64>()?).unwrap_or(u32::MAX),
        event: Event {
            id: row.take()?,
            source: row.take()?,
            event_type: row.take()?,
            subject: row.take()?,
            time: row.take()?,
            partitionkey: row.take()?,
            sequence: row.take::<i64>()?.unsigned_abs(),
            traceparent: row.take()?,
            data: row.take()?,
        },
    })
}
