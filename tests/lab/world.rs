//! The product as a case has it: a database and a store of its own, a process that can die, and time that passes.

use crate::case::Strike;
use crate::gates::Racer;
use crate::hand::{Hand, SUBJECT};
use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::AbortHandle;
use tokio_postgres::Client;
use tradepost::inputs::{Clock as _, Inputs};
use tradepost::limits::Limits;
use tradepost_cluster::testing::TestDatabase;
use tradepost_tests::{Answer, Application, Ask, Compiled, HeldClock, SeededChance, Setup, components};
use tradepost_view_entry::Entry;

/// The component that takes events from the outboxes to their consumers.
pub(crate) const RELAY: &str = "messaging-relay";

/// 2100-01-01, since the Unix epoch. Guests see this while the database sees the machine's time, and what guests let
/// expire expires for the database in so many years.
const NEW_YEAR_2100: Duration = Duration::from_hours(1_139_568);

/// What the payment provider signs with.
pub(crate) const WEBHOOK_SECRET: &str = "the-secret-of-the-lab";

/// An order waits for at most so many deadlines, one after the other: to be looked at, and to be sent.
const DEADLINES: usize = 2;

/// More than any of them: thirty days are given to send an order.
const LONGEST_DEADLINE: Duration = Duration::from_hours(31 * 24);

/// How often it ticks before the product counts as never coming to rest.
const TURNS: usize = 30;

/// A host that nobody calls for that long is at rest.
const QUIET: Duration = Duration::from_millis(15);

/// The world of a case.
pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) hand: Arc<Hand>,
    pub(crate) sql: Client,
    data: TempDir,
    inputs: Inputs,
    limits: Limits,
    product: Arc<Compiled>,
    app: Option<Application>,
    pace: AbortHandle,
    started_after: u32,
}

/// How long things may take in a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// As in production.
    Usual,
    /// So little that a test can wait for its end.
    Little,
}

/// Lets the guests' clock run while they wait for it and nothing else happens: pauses
/// end, but no deadline passes because the machine is busy.
async fn pace(hand: Weak<Hand>) {
    let mut calls = 0;
    loop {
        tokio::time::sleep(QUIET).await;
        let Some(hand) = hand.upgrade() else { return };
        let now = hand.calls();
        if now == calls {
            hand.clock.advance(QUIET);
        }
        calls = now;
    }
}

fn limits(patience: Patience) -> Limits {
    let request_deadline = match patience {
        Patience::Usual => Limits::default().request_deadline,
        Patience::Little => Duration::from_millis(700),
    };
    // Instances that nobody uses hold on to connections, of which the server has a hundred.
    Limits { request_deadline, instance_idle: Duration::from_millis(500), ..Limits::default() }
}

impl World {
    /// On this database, which becomes the world's own, and a copy of what is stored in `stores`.
    pub(crate) async fn on(
        database: TestDatabase,
        stores: Option<&Path>,
        strikes: &[Strike],
        patience: Patience,
        product: &Arc<Compiled>,
        seed: u64,
    ) -> Self {
        let data = tempfile::tempdir().unwrap();
        if let Some(stores) = stores {
            for entry in stores.read_dir().unwrap() {
                let entry = entry.unwrap();
                std::fs::copy(entry.path(), data.path().join(entry.file_name())).unwrap();
            }
        }
        let clock = HeldClock::at(NEW_YEAR_2100);
        let inputs = Inputs { clock: Some(clock.clone()), chance: Some(SeededChance::of(seed)) };
        let limits = limits(patience);
        let sql = database.connect().await;
        let hand = Hand::new(&clock, strikes);
        let pace = tokio::spawn(pace(Arc::downgrade(&hand)));
        let mut world = Self {
            database,
            hand,
            sql,
            data,
            inputs,
            limits,
            product: product.clone(),
            app: None,
            pace: pace.abort_handle(),
            started_after: 0,
        };
        world.start().await;
        world
    }

    async fn start(&mut self) {
        self.started_after = self.hand.deaths();
        let setup = Setup {
            compiled: Some(self.product.clone()),
            database_url: Some(self.database.url().to_owned()),
            seam: Some(self.hand.grip()),
            inputs: self.inputs.clone(),
            limits: Some(self.limits.clone()),
            stores: Some(self.data.path().to_owned()),
            variables: vec![("payment_webhook_secret".to_owned(), WEBHOOK_SECRET.to_owned())],
            ..Setup::default()
        };
        self.app = Some(Application::with(setup).await);
    }

    /// A new process, with the usual patience, if this one has little of it.
    pub(crate) async fn take_patience(&mut self) {
        if self.limits.request_deadline == limits(Patience::Little).request_deadline {
            self.limits = limits(Patience::Usual);
            self.crash().await;
            self.start().await;
        }
    }

    /// Starts a new process if the last one has died.
    pub(crate) async fn restart_if_dead(&mut self) {
        while self.hand.deaths() > self.started_after {
            self.crash().await;
            self.start().await;
        }
    }

    async fn crash(&mut self) {
        if let Some(app) = self.app.take() {
            app.crash().await;
        }
    }

    /// The process.
    pub(crate) fn app(&self) -> &Application {
        self.app.as_ref().expect("a world has a process between its cases' steps")
    }

    /// Begins a request that the case is about: calls that it causes are counted.
    pub(crate) fn subject(&self, method: &str, path: &str) -> Ask {
        self.app().ask(method, path).header("request-id", SUBJECT)
    }

    /// Begins a request of a racer.
    pub(crate) fn racing(&self, racer: Racer, method: &str, path: &str) -> Ask {
        self.app().ask(method, path).header("request-id", racer.id())
    }

    /// What guests take for the time, in seconds since the Unix epoch.
    pub(crate) fn now_seconds(&self) -> i64 {
        self.hand.clock.wall().as_secs().cast_signed()
    }

    /// Sends a request; an error is no answer.
    pub(crate) async fn send(&self, ask: Ask) -> Option<Answer> {
        // The usual deadline of a request and then some, so that it is the host that answers.
        tokio::time::timeout(Duration::from_mins(1), ask.try_send()).await.ok()?.ok()
    }

    /// Waits until no guest calls the host any more.
    pub(crate) async fn quiet(&self) {
        let mut calls = self.hand.calls();
        let mut still = 0;
        while still < 2 {
            tokio::time::sleep(QUIET).await;
            let now = self.hand.calls();
            still = if now == calls && !self.busy().await { still + 1 } else { 0 };
            calls = now;
        }
    }

    /// Whether a statement is still running.
    async fn busy(&self) -> bool {
        let running = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                       AND pid <> pg_backend_pid() AND state = 'active')";
        self.sql.query_one(running, &[]).await.unwrap().get(0)
    }

    /// Whether the product has a relay yet.
    pub(crate) fn has_relay() -> bool {
        components().component(RELAY).is_some()
    }

    /// What a crash and its consequences take to heal: leases run out, back-offs end, the tick wakes the relay, until
    /// there is nothing left to do.
    pub(crate) async fn recover(&mut self) -> Result<(), String> {
        self.restart_if_dead().await;
        self.quiet().await;
        self.restart_if_dead().await;
        if !Self::has_relay() {
            return Ok(());
        }
        for turn in 0..TURNS {
            self.time_passes().await;
            let ticked = self.tick(turn).await;
            self.quiet().await;
            self.restart_if_dead().await;
            if ticked && self.at_rest().await {
                return Ok(());
            }
        }
        Err(format!("the product does not come to rest in {TURNS} turns: {}", self.what_is_due().await))
    }

    /// Whatever is due is done; whether all of it could be.
    async fn tick(&self, turn: usize) -> bool {
        let tick = self.app().post("/tick").as_admin().header("request-id", format!("tick-{turn}"));
        let Some(answer) = self.send(tick).await else { return false };
        answer.status == 200
            && answer.json()["data"]
                .as_array()
                .is_some_and(|nudged| nudged.iter().all(|nudged| nudged["error"].is_null()))
    }

    /// Whether there are orders that something will still happen to.
    pub(crate) async fn has_unended_orders(&self) -> bool {
        let unended =
            "SELECT EXISTS (SELECT FROM ordering.orders WHERE status IN ('pending', 'placed', 'on_hold'))";
        self.sql.query_one(unended, &[]).await.unwrap().get(0)
    }

    /// Every deadline passes, and what is due then is done.
    pub(crate) async fn wait_for_the_end(&mut self) -> Result<(), String> {
        for _ in 0..DEADLINES {
            self.hand.clock.advance(LONGEST_DEADLINE);
            self.recover().await?;
        }
        Ok(())
    }

    /// What readers see under a key of the view store; nothing, if nothing is there.
    pub(crate) fn shown(&self, key: &str) -> Result<Option<String>, String> {
        let entry = self.app().store("default").get(key).map_err(|error| error.to_string())?;
        let Some(entry) = entry else { return Ok(None) };
        let entry = Entry::from_bytes(entry).ok_or_else(|| format!("{key} holds no view"))?;
        String::from_utf8(entry.body).map(Some).map_err(|error| error.to_string())
    }

    /// Every lease runs out and every back-off ends; what was set aside stays.
    async fn time_passes(&self) {
        // More than the relay waits for a run that it has not heard of.
        self.hand.clock.advance(Duration::from_mins(2));
        let pass = "UPDATE messaging.mailboxes SET due_at = clock_timestamp() WHERE due_at <> 'infinity'";
        self.sql.execute(pass, &[]).await.unwrap();
    }

    async fn at_rest(&self) -> bool {
        let rest = "SELECT NOT EXISTS (SELECT FROM messaging.outbox)
                       AND NOT EXISTS (SELECT FROM messaging.mailboxes WHERE due_at <> 'infinity')
                       AND NOT EXISTS (SELECT FROM payment.payments WHERE due_at IS NOT NULL)";
        self.sql.query_one(rest, &[]).await.unwrap().get(0)
    }

    async fn what_is_due(&self) -> String {
        let due = "SELECT (SELECT count(*) FROM messaging.outbox)::text || ' events in outboxes, mailboxes '
                   || coalesce((SELECT json_agg(mailbox)::text FROM messaging.mailboxes AS mailbox), 'none')
                   || ', payments that are due '
                   || coalesce((SELECT json_agg(payment)::text FROM payment.payments AS payment
                                WHERE due_at IS NOT NULL), 'none')";
        self.sql.query_one(due, &[]).await.unwrap().get(0)
    }

    /// What a query says, one text a row.
    pub(crate) async fn texts(&self, query: &str) -> Result<Vec<String>, String> {
        let rows = self.sql.query(query, &[]).await.map_err(|error| format!("{error:?}: {query}"))?;
        rows.iter().map(|row| row.try_get(0).map_err(|error| format!("{error:?}: {query}"))).collect()
    }

    /// Ends the process in peace and gives back what it leaves: the database and the folder of its stores.
    pub(crate) async fn close(mut self) -> (TestDatabase, TempDir) {
        self.pace.abort();
        self.quiet().await;
        if let Some(app) = self.app.take() {
            app.stop().await;
        }
        drop(self.sql);
        self.database.cut_off_others().await;
        (self.database, self.data)
    }

    /// Ends the process without ado.
    pub(crate) async fn end(mut self) {
        self.pace.abort();
        self.crash().await;
    }
}
