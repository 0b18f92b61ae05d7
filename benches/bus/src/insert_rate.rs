//! What Postgres commits when each row is a transaction of its own: the most that any outbox can take in.

use crate::connect;
use anyhow::Result;
use futures::future::try_join_all;
use std::time::{Duration, Instant};

/// Rows a second.
pub(crate) async fn measure(url: &str, connections: usize, span: Duration) -> Result<f64> {
    let setup = "DROP TABLE IF EXISTS public.raw_rows; CREATE TABLE public.raw_rows (id bigint, data text)";
    connect(url).await?.batch_execute(setup).await?;
    let start = Instant::now();
    let writers = (0..connections).map(|_| async move {
        let client = connect(url).await?;
        let statement = client.prepare("INSERT INTO public.raw_rows VALUES ($1, $2)").await?;
        let mut rows = 0_u32;
        while start.elapsed() < span {
            client.execute(&statement, &[&i64::from(rows), &"one row"]).await?;
            rows += 1;
        }
        anyhow::Ok(rows)
    });
    let rows: u32 = try_join_all(writers).await?.into_iter().sum();
    Ok(f64::from(rows) / start.elapsed().as_secs_f64())
}
