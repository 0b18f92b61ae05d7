//! Prints what the store does on this machine: `cargo run --release -p tradepost-key-value --example measure
//! [DIR]`.
//!
//! Plain timing, half a minute. `DIR` says which disk; without it, the one that holds the temporary
//! directory.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tradepost_key_value::{Store, Stores};

const ENTRIES: u64 = 100_000;
const SPAN: Duration = Duration::from_secs(3);

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let parent = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, Into::into);
    let dir = parent.join(format!("tradepost-key-value-{}", std::process::id()));
    let outcome = Runtime::new()?.block_on(measure(&dir));
    fs::remove_dir_all(&dir)?;
    outcome
}

async fn measure(dir: &Path) -> Outcome<()> {
    let stores = Stores::open(dir)?;
    fill(&stores.label("default")?).await?;
    stores.close().await?;
    let file = fs::read_dir(dir)?.next().ok_or("no file")??;
    println!("resident before opening: {}", resident());
    println!("{ENTRIES} entries of 1 kB: file of {} MB", file.metadata()?.len() / 1_000_000);

    let begun = Instant::now();
    let stores = Stores::open(dir)?;
    println!("open: {:?}", begun.elapsed());
    let views = stores.label("default")?;
    let keys: Vec<String> = (0..50_000).map(|n| key(scatter(n) % ENTRIES)).collect();
    let absent: Vec<String> = keys.iter().map(|key| format!("{key}:recent")).collect();
    report("get, hit", time_gets(&views, &keys, Duration::ZERO)?);
    report("get, miss", time_gets(&views, &absent, Duration::ZERO)?);
    println!("resident after reading by one thread: {}", resident());
    println!("gets by 8 threads: {}/s", gets_per_second(&views, &keys));

    for (writers, value_bytes) in [(1, 1_000), (8, 1_000), (32, 1_000), (32, 20_000)] {
        let times = time_sets(&views, writers, value_bytes).await?;
        let per_second = times.len() as u64 / SPAN.as_secs();
        report(&format!("set, {writers} writers of {value_bytes} B, {per_second}/s"), times);
    }
    let writers = tokio::spawn({
        let views = views.clone();
        async move { time_sets(&views, 8, 2_000).await }
    });
    let reader = tokio::task::spawn_blocking(move || time_gets(&views, &keys, Duration::from_micros(20)));
    report("get, beside 8 writers", reader.await??);
    writers.await??;
    Ok(())
}

async fn fill(views: &Store) -> Outcome<()> {
    for first in (0..ENTRIES).step_by(500) {
        let mut writers = JoinSet::new();
        for number in first..first + 500 {
            let views = views.clone();
            writers.spawn(async move { views.set(&key(number), value(number, 1_000)).await });
        }
        for written in writers.join_all().await {
            written?;
        }
    }
    Ok(())
}

/// Times each get of `keys` by itself, with a pause before it that is not timed.
fn time_gets(views: &Store, keys: &[String], pause: Duration) -> Outcome<Vec<Duration>> {
    let mut times = Vec::with_capacity(keys.len());
    for key in keys {
        if !pause.is_zero() {
            thread::sleep(pause);
        }
        let begun = Instant::now();
        std::hint::black_box(views.get(key)?);
        times.push(begun.elapsed());
    }
    Ok(times)
}

fn gets_per_second(views: &Store, keys: &[String]) -> u64 {
    let done = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for part in keys.chunks(keys.len() / 8) {
            let (done, stop) = (&done, &stop);
            scope.spawn(move || {
                for key in part.iter().cycle().take_while(|_| !stop.load(Ordering::Relaxed)) {
                    done.fetch_add(u64::from(views.exists(key).is_ok()), Ordering::Relaxed);
                }
            });
        }
        thread::sleep(SPAN);
        stop.store(true, Ordering::Relaxed);
    });
    done.into_inner() / SPAN.as_secs()
}

/// Each writer sets one value after the other, half of them over old ones, until the span is over.
async fn time_sets(views: &Store, writers: u64, value_bytes: usize) -> Outcome<Vec<Duration>> {
    let end = Instant::now() + SPAN;
    let mut tasks = JoinSet::new();
    for writer in 0..writers {
        let views = views.clone();
        tasks.spawn(async move {
            let mut times = Vec::new();
            for number in (writer..).step_by(usize::try_from(writers)?).take_while(|_| Instant::now() < end) {
                let value = value(number, value_bytes);
                let begun = Instant::now();
                views.set(&key(scatter(number) % (2 * ENTRIES)), value).await?;
                times.push(begun.elapsed());
            }
            Outcome::Ok(times)
        });
    }
    let mut all = Vec::new();
    for times in tasks.join_all().await {
        all.extend(times?);
    }
    Ok(all)
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 1_000).copied().unwrap_or_default();
    let (median, p99, p999) = (at(500), at(990), at(999));
    println!(
        "{what}: median {median:.1?}, p99 {p99:.1?}, p999 {p999:.1?}, max {:.1?}",
        times.last().unwrap_or(&median)
    );
}

/// Memory in RAM, as Linux tells it.
fn resident() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or("unknown", str::trim).to_owned()
}

/// A mixer of bits, so that neighbours in number are strangers in order.
fn scatter(number: u64) -> u64 {
    let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 8
}

/// As long as the product's, and like a `UUIDv7` ascending with time.
fn key(number: u64) -> String {
    format!("order:{number:012x}-7{:023x}", scatter(number))
}

fn value(number: u64, length_bytes: usize) -> Vec<u8> {
    let mut value = format!("{{\"id\":\"{}\",\"lines\":[", key(number)).into_bytes();
    let mut line = number;
    while value.len() < length_bytes {
        line = scatter(line);
        value.extend(format!("{{\"sku\":\"{line:x}\",\"quantity\":{}}},", line % 9).bytes());
    }
    value.truncate(length_bytes);
    value
}
