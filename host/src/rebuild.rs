//! `tradepost rebuild-views`: everything that readers are shown, made again from the events.
//!
//! Which consumers are projections, and which keys of the view store are theirs, their subscriptions say. Each of them is
//! given all its events once more, by the relay and in the order of the log; what it writes depends on those alone.

use crate::app::App;
use crate::assembly::{self, Assembly};
use crate::cli::{Common, Up};
use crate::database::Database;
use crate::up::step;
use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use clap::Args;
use futures::future::try_join_all;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use std::time::Duration;
use tokio_postgres::Client;
use tradepost_key_value::Store;
use tradepost_subscriptions::{SUBSCRIPTIONS, Subscription};

/// The label of the store that holds the views.
pub const VIEWS: &str = "default";

/// How many events are put into mailboxes between two runs of the relay: mailboxes are tables that should stay small.
const STEP: i32 = 5_000;

/// How many keys are deleted at once; a store that makes every write durable makes those durable together.
const DELETED_AT_ONCE: usize = 1_000;

/// The relay's component id.
const RELAY: &str = "messaging-relay";

/// What `rebuild-views` wants to know.
#[derive(Args, Clone)]
pub(crate) struct RebuildViews {
    /// Keep what is shown and bring only what is missing or older. Without this everything is thrown away first, which
    /// is what it takes when views are to look different from now on.
    #[arg(long)]
    keep: bool,
}

/// What was rebuilt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebuilt {
    /// Keys that were thrown away.
    pub keys: usize,
    /// Events that were delivered again.
    pub events: i64,
    /// Events that projections did not take, and that are set aside.
    pub set_aside: i64,
}

/// The command.
pub(crate) async fn command(common: &Common, up: &Up, options: &RebuildViews) -> Result<()> {
    let manifest = assembly::built(common, up).await?;
    let database = Database::ready(common).await?;
    let rebuilt = async {
        let Assembly { app, stores, .. } = Assembly::of(common, up, &manifest, &database)?;
        let client = tradepost_sql_pool::connect(database.url(), Duration::from_secs(10)).await?;
        let rebuilt = rebuild(&app, &client, &stores.label(VIEWS)?, options.keep, step).await;
        app.stop();
        stores.close().await.context("the key-value store did not close cleanly")?;
        rebuilt
    };
    let rebuilt = rebuilt.await;
    database.stop().await;
    let Rebuilt { keys, events, set_aside } = rebuilt?;
    step(&format!("{keys} entries thrown away, {events} events delivered again"));
    ensure!(set_aside == 0, "{set_aside} events were not taken and are set aside; see GET /dead-letters");
    Ok(())
}

/// Makes all views of `app` again: throws them away, unless `keep`, and has all their events delivered. `database` is a
/// connection as the owner of the schema, `store` holds the views. `progress` is told what is being done.
///
/// It may be broken off and run again at any moment.
pub async fn rebuild(
    app: &App,
    database: &Client,
    store: &Store,
    keep: bool,
    progress: impl Fn(&str),
) -> Result<Rebuilt> {
    database.batch_execute("SET ROLE tradepost_messaging").await?;
    let mut rebuilt = Rebuilt::default();
    for projection in SUBSCRIPTIONS {
        let Some(prefix) = projection.view_prefix else { continue };
        if !keep {
            rebuilt.keys += throw_away(store, prefix).await?;
        }
        // An event that was set aside would hold back all that is put in front of it.
        resume(database, projection.consumer).await?;
        // What was on its way is logged and delivered first, or it would be missing from what is replayed.
        run_to_rest(app, database, projection.consumer).await?;
        let mut position = None;
        let mut events = 0;
        loop {
            let (put, next) = replay(database, projection, position).await?;
            run_to_rest(app, database, projection.consumer).await?;
            events += put;
            progress(&format!("{}: {events} events", projection.consumer));
            position = next;
            if position.is_none() {
                break;
            }
        }
        rebuilt.events += events;
        rebuilt.set_aside += set_aside(database, projection.consumer).await?;
    }
    Ok(rebuilt)
}

/// Deletes all keys that begin with `prefix`, the commands' courtesies among them; how many there were.
async fn throw_away(store: &Store, prefix: &str) -> Result<usize> {
    let mut keys = Vec::new();
    for key in store.keys()? {
        let key = key?;
        if key.starts_with(prefix) {
            keys.push(key);
        }
    }
    for some in keys.chunks(DELETED_AT_ONCE) {
        try_join_all(some.iter().map(|key| store.delete(key))).await?;
    }
    Ok(keys.len())
}

/// Has what the consumer set aside tried again.
async fn resume(database: &Client, consumer: &str) -> Result<()> {
    let resume = "SELECT messaging.replay_dead_letter(id) FROM messaging.dead_letters WHERE consumer = $1";
    database.execute(resume, &[&consumer]).await?;
    Ok(())
}

/// Puts the next of the projection's events into its mailboxes: how many, and where to go on if there are more.
async fn replay(
    database: &Client,
    projection: &Subscription,
    position: Option<i64>,
) -> Result<(i64, Option<i64>)> {
    let Subscription { consumer, event_types, key_member, .. } = projection;
    let replay = "SELECT replayed, last_position FROM messaging.replay($1, $2, NULL, NULL, $3, $4, $5)";
    let row = database.query_one(replay, &[consumer, event_types, &position, &STEP, key_member]).await?;
    Ok((row.get(0), row.get(1)))
}

/// Runs the relay until nothing waits for the consumer but what is set aside. What was leased by somebody who is no more
/// comes back with the end of the lease, what has failed after its pause; both are waited for.
async fn run_to_rest(app: &App, database: &Client, consumer: &str) -> Result<()> {
    const PAUSE: Duration = Duration::from_millis(50);
    let waiting = "SELECT EXISTS (
        SELECT FROM messaging.mailboxes WHERE consumer = $1 AND due_at < 'infinity')
        OR EXISTS (SELECT FROM messaging.outbox)";
    loop {
        let body = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
        let request = Request::post(format!("http://{RELAY}.spin.internal/")).body(body)?;
        let response = app.send_to(RELAY, request).await.with_context(|| format!("there is no {RELAY}"))?;
        let status = response.status();
        let said =
            response.into_body().collect().await.map_err(|error| anyhow::anyhow!("{error}"))?.to_bytes();
        ensure!(status.is_success(), "{RELAY} answered {status}: {}", String::from_utf8_lossy(&said));
        if !database.query_one(waiting, &[&consumer]).await?.get::<_, bool>(0) {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn set_aside(database: &Client, consumer: &str) -> Result<i64> {
    let count = "SELECT count(*) FROM messaging.dead_letters WHERE consumer = $1";
    Ok(database.query_one(count, &[&consumer]).await?.get(0))
}
