//! What the soak takes place on: a durable Postgres of its own, a store, a host that is started again and again, and the
//! trouble that befalls them.

use crate::hand::Hand;
use crate::tally::Tally;
use crate::till::Till;
use serde_json::json;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_postgres::{Client, NoTls};
use tradepost_cluster::{Cluster, Durability, Options};
use tradepost_tests::{Application, Setup, books, migrate};

/// How many products there are: few, so that shoppers get in each other's way.
pub(crate) const SKUS: usize = 12;

/// The name of a product.
pub(crate) fn sku(number: usize) -> String {
    format!("SOAK-{number}")
}

/// How long an order may be pending, in seconds: short, so that what is struck in the middle ends within the soak.
const PENDING_SECONDS: &str = "20";

/// Between two troubles that befall everybody.
const PEACE: Duration = Duration::from_secs(4);

/// The ground.
pub(crate) struct Ground {
    cluster: Cluster,
    url: String,
    stores: TempDir,
    _cluster_home: TempDir,
    hand: Arc<Hand>,
    chance: fastrand::Rng,
    tally: Arc<Tally>,
    app: Option<Application>,
    address: watch::Sender<Option<SocketAddr>>,
}

impl Ground {
    /// A shop with a little of everything.
    pub(crate) async fn prepare(seed: u64, tally: Arc<Tally>) -> Self {
        let home = tempfile::tempdir().unwrap();
        // It has to survive crashes, unlike what other tests stand on.
        let options = Options::new(home.path().join("postgres"), Durability::Durable);
        let cluster = Cluster::start(options).await.unwrap();
        cluster.create_database("soak").await.unwrap();
        let url = cluster.url("soak");
        migrate(&url).await.unwrap();
        let mut ground = Self {
            cluster,
            url,
            stores: tempfile::tempdir().unwrap(),
            _cluster_home: home,
            hand: Hand::new(seed, tally.clone()),
            chance: fastrand::Rng::with_seed(seed),
            tally,
            app: None,
            address: watch::Sender::new(None),
        };
        ground.start().await;
        ground.stock_up().await;
        ground.hand.keep_still(false);
        ground
    }

    async fn start(&mut self) {
        let variables = [("order_pending_seconds", PENDING_SECONDS), ("reservation_seconds", "90")];
        let setup = Setup {
            database_url: Some(self.url.clone()),
            seam: Some(self.hand.clone()),
            stores: Some(self.stores.path().to_owned()),
            tick: Some(Duration::from_millis(500)),
            variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            ..Setup::default()
        };
        let app = Application::with(setup).await;
        self.address.send_replace(Some(app.address()));
        self.app = Some(app);
    }

    async fn stock_up(&self) {
        let app = self.app.as_ref().unwrap();
        for number in 0..SKUS {
            let body = json!({
                "sku": sku(number), "name": "Something", "price": { "amount": 500 + number, "currency": "USD" },
            });
            app.post("/products").as_admin().json(body).send().await.data(201);
            let body = json!({ "delta": 40, "reason": "opening stock" });
            let path = format!("/stock/{}/adjustments", sku(number));
            app.post(&path).as_admin().json(body).send().await;
        }
    }

    /// Where shoppers ask.
    pub(crate) fn till(&self) -> Till {
        Till {
            address: self.address.subscribe(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            tally: self.tally.clone(),
        }
    }

    /// Crashes the host or Postgres now and then.
    pub(crate) async fn make_trouble_until(&mut self, end: Instant) {
        while Instant::now() + PEACE < end {
            tokio::time::sleep(PEACE).await;
            if self.chance.u32(..3) == 0 {
                self.crash_postgres().await;
            } else {
                self.crash_host().await;
            }
        }
        tokio::time::sleep(end.saturating_duration_since(Instant::now())).await;
        self.hand.keep_still(true);
    }

    async fn crash_host(&mut self) {
        self.address.send_replace(None);
        if let Some(app) = self.app.take() {
            app.crash().await;
        }
        self.tally.count("host crashes");
        self.start().await;
    }

    /// Kills a backend of the server's: the postmaster takes that for a corruption of the shared memory, ends all others
    /// at once and recovers from the log, as after a power cut.
    async fn crash_postgres(&mut self) {
        let victim = self.sql().await;
        let pid: i32 = victim.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
        assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
        self.tally.count("Postgres crashes");
    }

    /// A connection, as soon as the server takes one.
    async fn sql(&self) -> Client {
        loop {
            if let Ok((client, connection)) = tokio_postgres::connect(&self.url, NoTls).await {
                tokio::spawn(connection);
                return client;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until no event is under way, no order pending and no payment open.
    pub(crate) async fn come_to_rest(&mut self, patience: Duration) -> Result<(), String> {
        let begin = Instant::now();
        loop {
            let under_way = books::under_way(&self.sql().await).await;
            if under_way.is_empty() {
                return Ok(());
            }
            if begin.elapsed() > patience {
                return Err(format!("no rest after {patience:?}: {}", under_way.join("; ")));
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// What is wrong with the books.
    pub(crate) async fn violations(&self) -> Vec<String> {
        let app = self.app.as_ref().unwrap();
        books::faults(&self.sql().await, &app.views()).await
    }

    /// How many orders came to which end.
    pub(crate) async fn statuses(&self) -> String {
        let query = "SELECT coalesce(string_agg(count || ' ' || status, ', ' ORDER BY status), 'none')
                     FROM (SELECT status, count(*) FROM ordering.orders GROUP BY status) AS counted";
        self.sql().await.query_one(query, &[]).await.unwrap().get(0)
    }

    /// The end.
    pub(crate) async fn stop(mut self) {
        if let Some(app) = self.app.take() {
            app.stop().await;
        }
        self.cluster.stop().await.unwrap();
    }
}
