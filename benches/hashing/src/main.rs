//! Measures what hashing a password costs in `identity-password-hashing`, as whoever calls it sees it, and what the same
//! function costs native.
//!
//! By turns, so that whatever else the machine is doing weighs on both.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use serde_json::json;
use tradepost_manifest::Manifest;
use tradepost_tests::{Application, Setup, guest};

/// How often each is measured alone.
const TURNS: usize = 40;

/// How many callers ask at once, and how often each.
const CALLERS: [usize; 3] = [1, 4, 16];
const CALLS: usize = 8;

const PASSWORD: &str = "correct horse battery staple";

#[tokio::main]
async fn main() -> Result<()> {
    let manifest = tokio::task::spawn_blocking(manifest).await??;
    let app = Application::with(Setup { manifest: Some(manifest), ..Setup::default() }).await;
    // The first one makes the instance and its memory.
    in_guest(&app).await?;

    let (mut native, mut guest) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        native.push(tokio::task::spawn_blocking(alone).await??);
        guest.push(in_guest(&app).await?);
    }
    let (native, guest) = (median(&mut native)?, median(&mut guest)?);
    println!("native    {:6.1} ms", millis(native));
    println!("guest     {:6.1} ms   {:.2} times as long", millis(guest), millis(guest) / millis(native));

    for callers in CALLERS {
        let since = Instant::now();
        try_join_all((0..callers).map(|_| async {
            for _ in 0..CALLS {
                in_guest(&app).await?;
            }
            anyhow::Ok(())
        }))
        .await?;
        let count = u32::try_from(callers * CALLS)?;
        println!("{callers:2} callers {:6.1} hashes/s", f64::from(count) / since.elapsed().as_secs_f64());
    }
    app.stop().await;
    Ok(())
}

fn manifest() -> Result<Manifest> {
    let text = format!(
        "spin_manifest_version = 2
[application]
name = \"hashing\"
[[trigger.http]]
route = \"/\"
component = \"hashing\"
[component.hashing]
source = \"{}\"
",
        guest("identity-password-hashing").display()
    );
    Ok(Manifest::parse(&text, "hashing.toml")?)
}

fn alone() -> Result<Duration> {
    let since = Instant::now();
    let hash = tradepost_password_hash::hash(PASSWORD, *b"sixteen bytes...");
    ensure!(hash.is_ok(), "there is not enough memory");
    Ok(since.elapsed())
}

async fn in_guest(app: &Application) -> Result<Duration> {
    let since = Instant::now();
    let answer = app.post("/").json(json!({ "hash": PASSWORD })).send().await;
    ensure!(answer.status == 200, "{answer:?}");
    Ok(since.elapsed())
}

fn median(times: &mut [Duration]) -> Result<Duration> {
    times.sort_unstable();
    times.get(times.len() / 2).copied().context("nothing was measured")
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
