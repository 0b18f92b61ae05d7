//! The port `event-log` on Postgres, table `messaging.events`.

use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Log;

    wit_bindgen::generate!({
        inline: "
            package tradepost:event-log-postgres;

            world component {
                export tradepost:messaging/event-log@0.1.0;
            }
        ",
        path: "../../../wit/messaging",
        generate_all,
    });

    export!(Log);
}

use ports::exports::tradepost::messaging::event_log::{Event, Filter, Guest, Part, ReadingError};

const DATABASE: Database = Database::as_role("tradepost_messaging_reader");

struct Log;

impl Guest for Log {
    async fn read(filter: Filter, part: Part, most: u32) -> Result<Vec<Event>, ReadingError> {
        if matches!(&part, Part::After(id) | Part::Before(id) if Uuid::try_parse(id).is_err()) {
            return Err(ReadingError::NoSuchEvent);
        }
        let is_backwards = matches!(part, Part::Before(_));
        let rows = rows_of(filter, part, most).await.map_err(|failure| match failure {
            Failure::Unavailable(reason) => ReadingError::Unavailable(reason),
            failure => ReadingError::Other(failure.to_string()),
        })?;
        let events = events_of(rows).map_err(|failure| ReadingError::Other(failure.to_string()))?;
        let mut events = events.ok_or(ReadingError::NoSuchEvent)?;
        if is_backwards {
            events.reverse();
        }
        Ok(events)
    }
}

/// The rows of the events, each with the position from where they were read in front, and at least one row: that of no
/// event tells whether there is such a position.
///
/// The statement's text says which filters there are, because a plan that has to serve all of them uses the index of
/// none.
async fn rows_of(filter: Filter, part: Part, most: u32) -> Result<Vec<Row>, Failure> {
    let mut parameters = vec![Parameter::Int64(most.into())];
    let mut place = |parameter| {
        parameters.push(parameter);
        parameters.len()
    };
    let (origin, comparison, direction) = match part {
        Part::Beginning => ("0::bigint".to_owned(), ">", "ASC"),
        Part::After(id) => (position_of(place(Parameter::Uuid(id))), ">", "ASC"),
        Part::Before(id) => (position_of(place(Parameter::Uuid(id))), "<", "DESC"),
    };
    let conditions: String =
        [("type", filter.event_type), ("subject", filter.subject), ("source", filter.source)]
            .into_iter()
            .filter_map(|(column, wanted)| {
                Some(format!(" AND {column} = ${}", place(Parameter::Str(wanted?))))
            })
            .collect();
    let statement = format!(
        "
        SELECT origin.position, event.id, event.source, event.type, event.subject,
               (extract(epoch FROM event.time) * 1000000)::bigint, event.partitionkey, event.sequence,
               event.traceparent, event.data::text
        FROM (SELECT {origin} AS position) AS origin
        LEFT JOIN LATERAL (
            SELECT *
            FROM messaging.events
            WHERE events.position {comparison} origin.position{conditions}
            ORDER BY events.position {direction}
            LIMIT $1
        ) AS event ON true
        ORDER BY event.position {direction}"
    );
    DATABASE.query(&statement, parameters, Repeat::Safe).await
}

fn position_of(parameter: usize) -> String {
    format!("(SELECT position FROM messaging.events WHERE id = ${parameter})")
}

/// `None` when there is no position from where to read.
fn events_of(rows: Vec<Row>) -> Result<Option<Vec<Event>>, Failure> {
    let mut events = Vec::with_capacity(rows.len());
    for mut row in rows {
        if row.take::<Option<i64>>()?.is_none() {
            return Ok(None);
        }
        if let Some(id) = row.take()? {
            events.push(event_of(id, row)?);
        }
    }
    Ok(Some(events))
}

fn event_of(id: String, mut row: Row) -> Result<Event, Failure> {
    Ok(Event {
        id,
        source: row.take()?,
        event_type: row.take()?,
        subject: row.take()?,
        time: row.take()?,
        partitionkey: row.take()?,
        // A constraint keeps it above zero.
        sequence: row.take::<i64>()?.unsigned_abs(),
        traceparent: row.take()?,
        data: row.take()?,
    })
}
