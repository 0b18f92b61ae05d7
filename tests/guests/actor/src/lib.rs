//! A consumer that does what its events tell it, good or bad: `{"do": "fail"}` in an event's payload makes it fail, and
//! so do `reject`, `trap` and `hang`. It stands behind several component ids at once, and the variable `actor` says
//! behind which.
//!
//! What it was given and what it applied stands in the tables `actors.given` and `actors.applied`; a row in
//! `actors.mood` changes its mind: `down` makes it unavailable, `healed` makes it pass over what events tell it.

use spin_sdk::variables;
use tradepost_consumer::{CloudEvent, Outcome, apply_by_key, consumer};
use tradepost_postgres::{Database, Failure, Parameter, Repeat};
use wasip3::clocks::monotonic_clock;

const DATABASE: Database = Database::as_role("tradepost_platform");

consumer!(apply);

async fn apply(events: &[CloudEvent]) -> Vec<Outcome> {
    let mood = DATABASE.query_optional("SELECT mood FROM actors.mood", vec![], Repeat::Safe).await;
    let mood: Option<String> = mood.unwrap().map(|mut row| row.take().unwrap());
    if mood.as_deref() == Some("down") {
        return vec![Outcome::Unavailable("I am down".to_owned()); events.len()];
    }
    let obeys = mood.is_none();
    note_given(events).await;
    if obeys && told(&events.iter().collect::<Vec<_>>(), "trap").is_some() {
        panic!("told to");
    }
    apply_by_key(events, async |events| {
        if obeys {
            if told(events, "hang").is_some() {
                monotonic_clock::wait_for(60_000_000_000).await;
            }
            if let Some(event) = told(events, "fail") {
                return Err(Outcome::Failed(format!("told to fail by {}", event.sequence)));
            }
            if let Some(event) = told(events, "reject") {
                return Err(Outcome::Rejected(format!("told to reject by {}", event.sequence)));
            }
        }
        note("actors.applied", events).await.map_err(|failure| Outcome::Unavailable(failure.to_string()))
    })
    .await
}

fn told<'a>(events: &[&'a CloudEvent], what: &str) -> Option<&'a CloudEvent> {
    events.iter().find(|event| event.data["do"] == what).copied()
}

async fn note_given(events: &[CloudEvent]) {
    note("actors.given", &events.iter().collect::<Vec<_>>()).await.unwrap();
}

/// One statement: all of the events or none.
async fn note(table: &str, events: &[&CloudEvent]) -> Result<(), Failure> {
    let actor = variables::get("actor").await.unwrap();
    let statement = format!(
        "INSERT INTO {table} (consumer, event_id, partitionkey, sequence)
         SELECT $1, id::uuid, partitionkey, sequence
         FROM unnest($2::text[], $3::text[], $4::bigint[]) AS event (id, partitionkey, sequence)
         ON CONFLICT DO NOTHING"
    );
    let ids = events.iter().map(|event| Some(event.id.clone())).collect();
    let keys = events.iter().map(|event| Some(event.partitionkey.clone())).collect();
    let sequences = events.iter().map(|event| Some(event.sequence as i64)).collect();
    let parameters = vec![
        Parameter::Str(actor),
        Parameter::ArrayStr(ids),
        Parameter::ArrayStr(keys),
        Parameter::ArrayInt64(sequences),
    ];
    DATABASE.execute(&statement, parameters, Repeat::Safe).await.map(|_| ())
}
