//! Measures the way of events through a running Tradepost: from the outbox over the relay to two consumers, one that
//! writes a row and one that writes a view; next to it what the same Postgres commits at all, and what pgmq does where
//! it is installed.

mod backlog;
mod events;
mod insert_rate;
mod latency;
mod pgmq;
mod tick;

use anyhow::{Context as _, Result};
use clap::Parser;
use std::path::PathBuf;
use std::time::Duration;
use tokio_postgres::{Client, NoTls};

/// Measures the way of events through a Tradepost that runs on this machine.
#[derive(Parser)]
struct Options {
    /// Where Tradepost listens.
    #[arg(long, default_value = "127.0.0.1:3000")]
    address: String,
    /// The file with the key that admits the operator.
    #[arg(long, default_value = ".tradepost/admin-key")]
    admin_key_file: PathBuf,
    /// Its database, as a superuser.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// How many events lie in the outbox when the backlog is measured.
    #[arg(long, default_value_t = 50_000)]
    events: u32,
    /// How many connections commit at once.
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// How long each of the other measurements takes, in seconds.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How many turns there are.
    #[arg(long, default_value_t = 3)]
    turns: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let key = std::fs::read_to_string(&options.admin_key_file)
        .with_context(|| format!("cannot read {}", options.admin_key_file.display()))?;
    let tick = tick::Tick::new(&options.address, key.trim());
    let database = connect(&options.database_url).await?;
    let span = Duration::from_secs(options.seconds);
    let has_pgmq = pgmq::prepare(&database).await?;
    tick.send().await?;
    for turn in 1..=options.turns {
        println!("turn {turn}");
        let rate = insert_rate::measure(&options.database_url, options.connections, span).await?;
        println!("  rows committed one by one       {rate:>9.0} /s");
        let rate = backlog::measure(&database, &tick, options.events).await?;
        println!("  events relayed from a backlog   {rate:>9.0} /s, each to two consumers");
        let flow = latency::measure(&options.database_url, &tick, options.connections, span).await?;
        println!("  events while they are committed {flow}");
        let idle = latency::idle(&database, &tick, 200).await?;
        println!("  one event at a time             {idle}");
        if has_pgmq {
            let rate = pgmq::measure(&database, options.events).await?;
            println!("  pgmq, read and archived         {rate:>9.0} /s");
        }
    }
    if !has_pgmq {
        println!("pgmq is not installed in this database, so it was not measured");
    }
    Ok(())
}

async fn connect(url: &str) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.context("no connection to Postgres")?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("a connection ended: {error}");
        }
    });
    Ok(client)
}
