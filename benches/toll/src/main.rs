//! Counts what each kind of request costs, alone and warm: host calls, round trips to Postgres, and fuel, which is about
//! one unit an instruction of a guest.
//!
//! With the argument `gate` it counts what the gateway costs.
//!
//! Counts do not depend on what else the machine is doing. Each request gets an instance of its own, so the fuel of one
//! includes that of making its instance; connections are warm, as the pool keeps them.

mod gate;
mod story;
mod tally;

use std::sync::Arc;
use std::time::Duration;

use tally::Tally;
use tradepost::engine::Engine;
use tradepost::limits::Limits;
use tradepost_tests::{Application, Compiled, Setup, components};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("gate") {
        return gate::measure().await;
    }
    let tally = Arc::new(Tally::default());
    let limits = Limits { instance_reuse: 1, instance_concurrency: 1, ..Limits::default() };
    let code = tempfile::tempdir()?;
    let engine = Engine::counting_fuel(code.path(), &limits)?;
    let compiled = tokio::task::spawn_blocking(|| Compiled::by(engine, components().clone())).await?;
    let app = Application::with(Setup {
        compiled: Some(Arc::new(compiled)),
        limits: Some(limits),
        seam: Some(tally.clone()),
        ..Setup::default()
    })
    .await;

    // The first one makes connections and tables known; the second is counted.
    story::tell(&app, "first").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    tally.clear();
    story::tell(&app, "second").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    println!("{}", tally.table());
    app.stop().await;
    Ok(())
}
