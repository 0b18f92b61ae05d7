//! How fast the relay works off what has piled up.

use crate::events;
use crate::tick::Tick;
use anyhow::Result;
use std::time::Instant;
use tokio_postgres::Client;

/// Events a second, from the tick that finds them to the last mailbox being empty.
pub(crate) async fn measure(database: &Client, tick: &Tick, count: u32) -> Result<f64> {
    let (mut ids, mut subjects, mut data) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..count {
        let (id, subject, payload) = events::fresh();
        ids.push(id);
        subjects.push(subject);
        data.push(payload);
    }
    let write = "
        INSERT INTO catalog.outbox (id, source, type, subject, time, partitionkey, sequence, data)
        SELECT id::uuid, '/catalog', $4, subject, now(), subject, 1, data::jsonb
        FROM unnest($1::text[], $2::text[], $3::text[]) AS event (id, subject, data)";
    // In one statement, so that the embedded host's own tick cannot begin before all of them are there.
    database.execute(write, &[&ids, &subjects, &data, &events::TYPE]).await?;
    let start = Instant::now();
    let left = "SELECT (SELECT count(*) FROM messaging.outbox) + (SELECT count(*) FROM messaging.mailboxes)";
    while database.query_one(left, &[]).await?.get::<_, i64>(0) > 0 {
        tick.send().await?;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}
