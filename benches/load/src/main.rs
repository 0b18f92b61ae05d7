//! Puts load on a server of this machine, one kind of request after the other, and prints what it bore: a fixed
//! number of kept connections, each sending its next request when it has the answer to the last.
//!
//! Given two servers it gives each its turn, A B A B, so that a noisy machine is noisy for both.

mod connection;
mod figures;
mod race;
mod run;
mod subject;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use figures::Figures;
use run::{Bounds, run};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use subject::{Kind, Subject};

/// Measures the rate and the times of Tradepost's requests at a server on this machine.
#[derive(Parser)]
struct Options {
    /// The server: where Tradepost listens. It is given products to order.
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    url: String,
    /// A second server on the same database, to take turns with the first.
    #[arg(long)]
    against: Option<String>,
    /// The file with the key that admits the operator.
    #[arg(long, default_value = ".tradepost/admin-key")]
    admin_key_file: PathBuf,
    /// Kept connections.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=256))]
    connections: u16,
    /// How long each turn is measured, in seconds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=120))]
    seconds: u16,
    /// How long each turn runs before that, in seconds.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(0..=60))]
    warm_up: u16,
    /// How many turns each server has.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    turns: u16,
    /// A turn ends early after so many requests.
    #[arg(long, default_value_t = 5_000_000)]
    most_requests: u64,
    /// Only these requests; all that the servers answer when none is named.
    #[arg(long, value_enum)]
    only: Vec<Kind>,
    /// Instead of all that: so many buyers at once for ten pieces of a product.
    #[arg(long, value_name = "BUYERS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    race: Option<u16>,
}

// One thread: the machine's other ones are the server's.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let key = std::fs::read_to_string(&options.admin_key_file)
        .with_context(|| format!("cannot read {}", options.admin_key_file.display()))?;
    let mut subjects = Vec::new();
    for url in std::iter::once(&options.url).chain(&options.against) {
        let address = loopback(url)?;
        let subject = Subject::prepare(address, key.trim(), subjects.first());
        subjects.push(subject.await.with_context(|| format!("{url} is not ready to be measured"))?);
    }
    if let (Some(buyers), Some(subject)) = (options.race, subjects.first()) {
        return race::run(subject, buyers).await;
    }
    let bounds = Bounds {
        connections: options.connections,
        warm_up: Duration::from_secs(options.warm_up.into()),
        measured: Duration::from_secs(options.seconds.into()),
        most_requests: options.most_requests,
    };
    let kinds = match (options.only.as_slice(), &options.against) {
        ([], None) => Kind::ALL.to_vec(),
        ([], Some(_)) => Kind::OF_BOTH.to_vec(),
        _ => options.only,
    };

    let (started, cpu_before) = (Instant::now(), figures::own_cpu());
    println!("{} connections; times in ms", options.connections);
    match &options.against {
        Some(against) => println!("A is {}, B is {against}", options.url),
        None => println!("at {}", options.url),
    }
    Figures::print_heading(options.against.is_some());
    for kind in kinds {
        let mut figures = vec![Figures::default(); subjects.len()];
        for _ in 0..options.turns {
            for (subject, figures) in subjects.iter().zip(&mut figures) {
                figures.add(run(subject, kind, bounds).await?);
            }
        }
        Figures::print(kind, &mut figures);
    }
    let own_share =
        figures::own_cpu().saturating_sub(cpu_before).as_secs_f64() / started.elapsed().as_secs_f64();
    println!("\nThis program itself took {:.0}% of one processor.", own_share * 100.0);
    Ok(())
}

/// Where `url` is, if it is on this machine: load is for one's own servers.
fn loopback(url: &str) -> Result<SocketAddr> {
    let authority =
        url.strip_prefix("http://").with_context(|| format!("{url} does not begin with http://"))?;
    let authority = authority.trim_end_matches('/');
    let mut addresses = authority
        .to_socket_addrs()
        .with_context(|| format!("{url} should look like http://127.0.0.1:3000"))?;
    let address = addresses.next().with_context(|| format!("{url} has no address"))?;
    ensure!(address.ip().is_loopback(), "{url} is not on this machine");
    Ok(address)
}
