//! Puts load on a server of this machine, one kind of request after the other, and prints what it bore: a fixed
//! number of kept connections, each sending its next request when it has the answer to the last.
//!
//! Given two servers it gives each its turn, A B A B, so that a noisy machine is noisy for both.

mod connection;
mod figures;
mod flood;
mod processor;
mod race;
mod run;
mod subject;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use figures::Figures;
use flood::Flood;
use processor::{Process, own_time};
use run::{Bounds, run};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
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
    /// The servers' processes, in their order: to show the processor time that each takes an answer, Postgres left out.
    #[arg(long, value_name = "PID")]
    process: Vec<u32>,
    /// A file with a credential that is shown by whoever reads orders, instead of the operator's key; an empty one: none.
    #[arg(long, value_name = "FILE")]
    reader_file: Option<PathBuf>,
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
    /// Beside all that: so many connections log in in vain at the first server, which must believe a proxy
    /// (`SPIN_VARIABLE_TRUSTED_PROXIES=1`).
    #[arg(long, value_name = "CONNECTIONS", value_parser = clap::value_parser!(u16).range(1..=256))]
    flood: Option<u16>,
    /// Instead of all that: so many buyers at once for ten pieces of a product.
    #[arg(long, value_name = "BUYERS", value_parser = clap::value_parser!(u16).range(1..=1024))]
    race: Option<u16>,
}

// One thread: the machine's other ones are the server's.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    let key = credential(&options.admin_key_file)?;
    let reader = options.reader_file.as_deref().map_or_else(|| Ok(key.clone()), credential)?;
    let mut subjects = Vec::new();
    for url in std::iter::once(&options.url).chain(&options.against) {
        let address = loopback(url)?;
        let process = options.process.get(subjects.len()).copied().map(Process::with_id).transpose()?;
        let subject = Subject::prepare(address, process, &key, &reader, subjects.first());
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

    let (started, before) = (Instant::now(), own_time()?);
    println!("{} connections; times in ms", options.connections);
    match &options.against {
        Some(against) => println!("A is {}, B is {against}", options.url),
        None => println!("at {}", options.url),
    }
    Figures::print_heading(options.against.is_some());
    let flood = match (options.flood, subjects.first()) {
        (Some(connections), Some(subject)) => {
            Some((Instant::now(), Flood::begin(subject, connections).await?))
        }
        _ => None,
    };
    for kind in kinds {
        let mut figures = vec![Figures::default(); subjects.len()];
        for _ in 0..options.turns {
            for (subject, figures) in subjects.iter().zip(&mut figures) {
                figures.add(run(subject, kind, bounds).await?);
            }
        }
        Figures::print(kind, &mut figures);
    }
    if let Some((since, flood)) = flood {
        let (took, tried) = (since.elapsed(), flood.end().await?);
        println!("\nMeanwhile {:.1} log-ins a second.", figures::rate(tried, took));
    }
    let own_share = (own_time()?.saturating_sub(before)).as_secs_f64() / started.elapsed().as_secs_f64();
    println!("\nThis program itself took {:.0}% of one processor.", own_share * 100.0);
    Ok(())
}

fn credential(file: &Path) -> Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(text.trim().to_owned())
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
