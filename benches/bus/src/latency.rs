//! How long it takes from an event's being written to its having been applied, both by the database's clock.

use crate::tick::Tick;
use crate::{connect, events};
use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use std::fmt;
use std::time::{Duration, Instant};
use tokio_postgres::Client;

/// Times of a number of events, in milliseconds.
pub(crate) struct Latency {
    events_per_second: Option<f64>,
    p50_ms: f64,
    p99_ms: f64,
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(rate) = self.events_per_second {
            write!(f, "{rate:>9.0} /s, ")?;
        }
        write!(f, "written to applied p50 {:.2} ms, p99 {:.2} ms", self.p50_ms, self.p99_ms)
    }
}

/// While `connections` commit one event after the other, and the application is told at once each time it rests.
pub(crate) async fn measure(url: &str, tick: &Tick, connections: usize, span: Duration) -> Result<Latency> {
    let database = connect(url).await?;
    let first = last_position(&database).await?;
    let start = Instant::now();
    let writers = (0..connections).map(|_| async move {
        let client = connect(url).await?;
        let statement = client.prepare(events::WRITE).await?;
        while start.elapsed() < span {
            let (id, subject, data) = events::fresh();
            client.execute(&statement, &[&id, &subject, &data]).await?;
        }
        anyhow::Ok(())
    });
    let ticks = async {
        while start.elapsed() < span {
            tick.send().await?;
        }
        anyhow::Ok(())
    };
    futures::try_join!(try_join_all(writers), ticks)?;
    tick.send().await?;
    let took = start.elapsed();
    let (count, latency) = since(&database, first).await?;
    Ok(Latency { events_per_second: Some(count / took.as_secs_f64()), ..latency })
}

/// One event after the other, with the application at rest in between.
pub(crate) async fn idle(database: &Client, tick: &Tick, count: u32) -> Result<Latency> {
    let first = last_position(database).await?;
    let statement = database.prepare(events::WRITE).await?;
    for _ in 0..count {
        let (id, subject, data) = events::fresh();
        database.execute(&statement, &[&id, &subject, &data]).await?;
        tick.send().await?;
    }
    Ok(since(database, first).await?.1)
}

async fn last_position(database: &Client) -> Result<i64> {
    let last = "SELECT coalesce(max(position), 0) FROM messaging.events";
    Ok(database.query_one(last, &[]).await?.get(0))
}

/// How many events came into the log behind a position, and their times until the consumer that writes a row had
/// applied them.
async fn since(database: &Client, position: i64) -> Result<(f64, Latency)> {
    let times = "
        SELECT count(*)::float8,
               percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP
                   (ORDER BY extract(epoch FROM inbox.applied_at - event.recorded_at)::float8 * 1000)
        FROM messaging.events AS event
        JOIN inventory.inbox AS inbox ON inbox.event_id = event.id
        WHERE event.position > $1";
    let row = database.query_one(times, &[&position]).await?;
    let percentiles: Option<Vec<f64>> = row.get(1);
    let percentiles = percentiles.context("no event was applied")?;
    let [p50_ms, p99_ms] = percentiles.try_into().ok().context("two percentiles")?;
    Ok((row.get(0), Latency { events_per_second: None, p50_ms, p99_ms }))
}
