//! The same backlog in a queue of pgmq: read in batches with a visibility timeout, then archived.

use crate::events;
use anyhow::Result;
use std::time::Instant;
use tokio_postgres::Client;

const QUEUE: &str = "bus_bench";
/// As many as a turn of the relay has.
const BATCH: i32 = 256;

/// Makes the queue; false where pgmq is not installed.
pub(crate) async fn prepare(database: &Client) -> Result<bool> {
    if database.query("SELECT FROM pg_namespace WHERE nspname = 'pgmq'", &[]).await?.is_empty() {
        return Ok(false);
    }
    database.execute("SELECT pgmq.create($1)", &[&QUEUE]).await?;
    Ok(true)
}

/// Messages a second through read and archive, by one reader.
pub(crate) async fn measure(database: &Client, count: u32) -> Result<f64> {
    let messages: Vec<String> = (0..count).map(|_| events::fresh().2).collect();
    let send = "SELECT count(*) FROM pgmq.send_batch($1, $2::text[]::jsonb[])";
    database.query(send, &[&QUEUE, &messages]).await?;
    let read = database.prepare("SELECT msg_id, message::text FROM pgmq.read($1, 60, $2)").await?;
    let archive = database.prepare("SELECT count(*) FROM pgmq.archive($1, $2::bigint[])").await?;
    let start = Instant::now();
    loop {
        let rows = database.query(&read, &[&QUEUE, &BATCH]).await?;
        if rows.is_empty() {
            return Ok(f64::from(count) / start.elapsed().as_secs_f64());
        }
        let ids: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        database.query(&archive, &[&QUEUE, &ids]).await?;
    }
}
