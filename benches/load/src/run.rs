//! One turn: one server, one kind of request, for so long.

use crate::connection::Connection;
use crate::figures::Turn;
use crate::subject::{Kind, Subject};
use anyhow::{Result, bail};
use futures::future::{try_join, try_join_all};
use std::cell::Cell;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How much of everything.
#[derive(Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) connections: u16,
    pub(crate) warm_up: Duration,
    pub(crate) measured: Duration,
    pub(crate) most_requests: u64,
}

/// Asks until the time is up. Any answer but the expected one ends the measurement: the rate of refusals is no figure.
pub(crate) async fn run(subject: &Subject, kind: Kind, bounds: Bounds) -> Result<Turn> {
    let mut connections = Vec::new();
    for _ in 0..bounds.connections {
        connections.push(Connection::open(subject.address).await?);
    }
    let begin = Instant::now() + bounds.warm_up;
    let end = begin + bounds.measured;
    let left = Cell::new(bounds.most_requests);
    let loops = connections.into_iter().map(async |mut connection| {
        let mut took = Vec::with_capacity(16 * 1024);
        loop {
            let request = subject.request(kind, Uuid::new_v4());
            let asked = Instant::now();
            if asked >= end || left.get() == 0 {
                return anyhow::Ok(took);
            }
            left.set(left.get() - 1);
            let status = connection.ask(&request).await?;
            let answered = Instant::now();
            if status != kind.status() || !connection.body_contains(kind.says()) {
                bail!("{kind} at {}: {status} {}", subject.address, connection.body());
            }
            // Only what lies within the time as a whole is counted.
            if asked >= begin && answered <= end {
                took.push(u32::try_from((answered - asked).as_micros()).unwrap_or(u32::MAX));
            }
        }
    });
    let processor = async {
        let Some(process) = &subject.process else { return Ok(None) };
        tokio::time::sleep_until(begin.into()).await;
        let before = process.time()?;
        tokio::time::sleep_until(end.into()).await;
        anyhow::Ok(Some(process.time()?.saturating_sub(before)))
    };
    let loops = async {
        let took = try_join_all(loops).await?;
        // Shorter than planned if the requests ran out.
        anyhow::Ok((took, Instant::now().min(end).saturating_duration_since(begin)))
    };
    let ((took, measured), processor) = try_join(loops, processor).await?;
    Ok(Turn { took_micros: took.concat(), measured, processor })
}
