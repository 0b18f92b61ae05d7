//! Many buyers at once for a few pieces: who gets one, and when the others are told that they do not.

use crate::connection::Connection;
use crate::subject::{Subject, WAIT, order};
use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What there is to be had.
const PIECES: u64 = 10;

/// Lets `buyers` order one piece each at the same moment, and prints what each status took. More buyers who got a piece
/// than there were pieces is an error.
pub(crate) async fn run(subject: &Subject, buyers: u16) -> Result<()> {
    let mut first = Connection::open(subject.address).await?;
    let sku = subject.new_product(&mut first, PIECES).await?;
    let mut connections = Vec::new();
    for _ in 0..buyers {
        connections.push(Connection::open(subject.address).await?);
    }
    let begin = Instant::now();
    let bought = connections.into_iter().map(async |mut connection| {
        let status = connection.ask(&order(&sku, 1, Uuid::new_v4(), WAIT)).await?;
        let body = connection.body();
        ensure!(status == 201, "{status} {body}");
        let told = body.split_once(r#""status":""#).and_then(|(_, rest)| rest.split_once('"'));
        let (told, _) = told.with_context(|| format!("an order without a status: {body}"))?;
        anyhow::Ok((told.to_owned(), begin.elapsed()))
    });
    let mut slowest: BTreeMap<String, (u64, Duration)> = BTreeMap::new();
    for (status, took) in try_join_all(bought).await? {
        let (count, longest) = slowest.entry(status).or_default();
        *count += 1;
        *longest = took.max(*longest);
    }
    println!("{buyers} buyers for {PIECES} pieces");
    for (status, (count, longest)) in &slowest {
        println!("{status:<12}{count:>6}   the last told after {} ms", longest.as_millis());
    }
    let sold = slowest.get("placed").map_or(0, |(count, _)| *count);
    ensure!(sold <= PIECES, "{sold} of {PIECES} pieces were sold");
    Ok(())
}
