//! Measures how many reservations a second Postgres makes by the statement that the inventory sends, of one SKU and of
//! many; next to it how often the same Postgres updates one row and commits, which is the most that one row's lock
//! allows.

mod contest;

use anyhow::{Context as _, Result};
use clap::Parser;
use contest::Contest;
use std::time::Duration;
use tokio_postgres::{Client, NoTls};

/// Measures reservations in a database of its own.
#[derive(Parser)]
struct Options {
    /// An empty database, or one that this program has used before, as a superuser.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// How many connections reserve at once.
    #[arg(long, default_value_t = 32)]
    connections: u64,
    /// How long each measurement takes, in seconds.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// How many turns there are.
    #[arg(long, default_value_t = 3)]
    turns: u32,
}

/// More SKUs than connections, so that two of them seldom meet.
const SKUS: u64 = 10_000;

// One thread: the machine's other ones are Postgres's.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    prepare(&options.database_url).await?;
    let span = Duration::from_secs(options.seconds);
    println!("{} connections; orders, or updates, a second", options.connections);
    for turn in 1..=options.turns {
        println!("turn {turn}");
        for contest in Contest::ALL {
            let rate = contest.measure(&options.database_url, options.connections, span).await?;
            println!("  {:<56} {rate:>9.0}", contest.name());
        }
    }
    Ok(())
}

/// The schema, a SKU that never runs out, one that has, and many; and rows to compare with.
async fn prepare(url: &str) -> Result<()> {
    let mut client = connect(url).await?;
    tradepost_migrations::migrate(&mut client, |_| {}).await?;
    let stock = format!(
        "INSERT INTO inventory.stock (sku, on_hand) VALUES ('hot', 1000000000000), ('sold-out', 0)
             ON CONFLICT DO NOTHING;
         INSERT INTO inventory.stock (sku, on_hand)
             SELECT 'sku-' || number, 1000000000000 FROM generate_series(0, {SKUS} - 1) AS number
             ON CONFLICT DO NOTHING;
         DROP TABLE IF EXISTS public.rows;
         CREATE TABLE public.rows (id bigint PRIMARY KEY, n bigint NOT NULL) WITH (fillfactor = 70);
         INSERT INTO public.rows SELECT number, 0 FROM generate_series(0, {SKUS} - 1) AS number;
         ANALYZE inventory.stock, public.rows;"
    );
    client.batch_execute(&stock).await?;
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
