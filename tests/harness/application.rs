//! An application of a test's own.

use crate::ask::Ask;
use crate::build::{components, guest, repository};
use crate::secrets;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Full};
use serde_json::Value;
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_postgres::NoTls;
use tradepost::app::{App, Parts};
use tradepost::compilation::Compilation;
use tradepost::engine::Engine;
use tradepost::inputs::Inputs;
use tradepost::limits::Limits;
use tradepost::networks::Networks;
use tradepost::rebuild::{Rebuilt, rebuild};
use tradepost::seam::Seam;
use tradepost::server::{Server, Tls};
use tradepost::tick::{self, Ticker};
use tradepost_cluster::testing::{Databases, TestDatabase};
use tradepost_key_value::{Store, Stores};
use tradepost_manifest::{Manifest, Variables};
use tradepost_migrations::{LOGIN, grant_login};
use tradepost_sql_pool::Pools;

/// The admin key of every test's application.
pub const ADMIN_KEY: &str = "tp_the-admin-key-of-the-tests";

static DATABASES: Databases = Databases::prepared_by(|url| Box::pin(async move { migrate(&url).await }));

/// The password of the login that components have in tests, as they have one in a private cluster.
pub(crate) const LOGIN_PASSWORD: &str = "the-password-of-the-components";

/// A database's address as the components get it.
pub fn components_url(database: &TestDatabase) -> String {
    let (_, place) = database.url().rsplit_once('@').unwrap();
    format!("postgres://{LOGIN}:{LOGIN_PASSWORD}@{place}")
}

/// Gives a database the product's schema, and leaves no connection to it behind.
pub async fn migrate(url: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (mut client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let connection = tokio::spawn(connection);
    tradepost_migrations::migrate(&mut client, |_| {}).await?;
    grant_login(&client, LOGIN_PASSWORD).await?;
    drop(client);
    connection.await??;
    Ok(())
}

/// Databases with the product's schema.
pub fn migrated_databases() -> &'static Databases {
    &DATABASES
}

/// The compiler that all applications of a test process share, with the cache that all test processes share.
pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        Engine::reusing_functions(&repository().join("target/compiled-for-tests"), &Limits::default())
            .unwrap()
    })
}

/// A manifest with its components composed and compiled, from which applications are made in no time.
pub struct Compiled {
    manifest: Manifest,
    compilation: Compilation,
    engine: Engine,
}

impl Compiled {
    /// Composes and compiles what `manifest` says, which must have been built.
    pub fn of(manifest: Manifest) -> Self {
        Self::by(engine().clone(), manifest)
    }

    /// The same with another compiler than that of all tests.
    pub fn by(engine: Engine, manifest: Manifest) -> Self {
        let compilation = Compilation::of(&manifest, &engine, |_| {}).unwrap();
        Self { manifest, compilation, engine }
    }

    /// The same by another manifest, which differs in one component alone.
    #[must_use]
    pub fn with_other(&self, manifest: Manifest, component: &str) -> Self {
        let compilation = self.compilation.with(&manifest, &self.engine, component).unwrap();
        Self { manifest, compilation, engine: self.engine.clone() }
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The product behind the gateway `tests/guests/turnstile`, compiled once a test process.
    pub fn with_customers() -> Arc<Self> {
        static WITH_CUSTOMERS: OnceLock<Arc<Compiled>> = OnceLock::new();
        let compile = || Arc::new(Self::of(Self::manifest_with_customers()));
        WITH_CUSTOMERS.get_or_init(compile).clone()
    }

    /// The product's manifest with that gateway.
    pub fn manifest_with_customers() -> Manifest {
        guest("turnstile");
        let text = std::fs::read_to_string(repository().join("spin.toml")).unwrap();
        let mut manifest: toml_edit::DocumentMut = text.parse().unwrap();
        let source = "target/wasm32-wasip2/component/turnstile.wasm";
        manifest["component"]["gateway-admission"]["source"] = toml_edit::value(source);
        Manifest::parse(&manifest.to_string(), repository().join("spin.toml")).unwrap()
    }

    /// The product as it ships, compiled once a test process.
    fn product() -> &'static Self {
        static PRODUCT: OnceLock<Compiled> = OnceLock::new();
        PRODUCT.get_or_init(|| Self::of(components().clone()))
    }
}

/// How an application is to be.
#[derive(Default)]
pub struct Setup {
    /// Another manifest than the product's.
    pub manifest: Option<Manifest>,
    /// The same, compiled before.
    pub compiled: Option<Arc<Compiled>>,
    /// Another database URL than that of a fresh database.
    pub database_url: Option<String>,
    /// Limits other than the default ones.
    pub limits: Option<Limits>,
    /// Application variables beside the database and the admin key.
    pub variables: Vec<(String, String)>,
    /// A hand on the host calls.
    pub seam: Option<Arc<dyn Seam>>,
    /// Time and chance.
    pub inputs: Inputs,
    /// Where guests' requests may go.
    pub networks: Networks,
    /// How long from one tick to the next; without it nobody ticks, so that a test sees what kicks alone bring about.
    pub tick: Option<Duration>,
    /// Serve HTTPS. Whoever asks needs a client of his own then, for want of an authority that everybody trusts.
    pub tls: Option<Arc<Tls>>,
    /// Where the key-value store is, if it is to outlive the application.
    pub stores: Option<PathBuf>,
}

/// A running application.
pub struct Application {
    address: SocketAddr,
    app: Arc<App>,
    database: Option<TestDatabase>,
    client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
    stores: Option<Stores>,
    _data: TempDir,
}

impl Application {
    /// The product as it ships.
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    /// The product behind a gateway that admits customers, as the product's own does not yet: whoever says that he is
    /// one is believed.
    pub async fn with_customers() -> Self {
        let compiled = tokio::task::spawn_blocking(Compiled::with_customers).await.unwrap();
        Self::with(Setup { compiled: Some(compiled), ..Setup::default() }).await
    }

    /// The product, or another manifest, as `setup` says.
    pub async fn with(setup: Setup) -> Self {
        secrets::read_the_log();
        let fresh;
        let compiled = match (setup.manifest, setup.compiled.as_deref()) {
            (Some(manifest), _) => {
                fresh = tokio::task::spawn_blocking(|| Compiled::of(manifest)).await.unwrap();
                &fresh
            }
            (None, Some(compiled)) => compiled,
            (None, None) => tokio::task::spawn_blocking(Compiled::product).await.unwrap(),
        };
        let manifest = compiled.manifest();
        let database = match setup.database_url {
            Some(_) => None,
            None => Some(DATABASES.fresh().await),
        };
        if let Some((password, _)) = database
            .as_ref()
            .and_then(|database| database.url().split_once("//")?.1.split_once(':')?.1.split_once('@'))
        {
            secrets::watch("the database owner's password", password);
        }
        let url = setup.database_url.or(database.as_ref().map(components_url)).unwrap();
        // Tests ask more often than anybody may, but for those that are about that.
        let mut values = setup.variables;
        for (name, value) in [("database_url", &*url), ("admin_key", ADMIN_KEY), ("rate_limits", "off")] {
            let is_known = manifest.variables().contains_key(name);
            if is_known && !values.iter().any(|(own, _)| own == name) {
                values.push((name.to_owned(), value.to_owned()));
            }
        }
        let variables = Variables::resolve(manifest, values, |_| None).unwrap();
        let data = tempfile::tempdir().unwrap();
        let limits = setup.limits.unwrap_or_default();
        let stores = setup.stores.unwrap_or_else(|| data.path().join("key-value"));
        let stores = Stores::open(&stores).unwrap();
        let parts = Parts {
            manifest,
            variables: &variables,
            engine: &compiled.engine,
            pools: Pools::new(limits.pools()),
            limits,
            stores: stores.clone(),
            seam: setup.seam,
            inputs: setup.inputs,
            networks: setup.networks,
        };
        let app = App::of(&compiled.compilation, parts).unwrap();
        let server = Server::bind("127.0.0.1:0".parse().unwrap(), app.clone(), setup.tls).await.unwrap();
        let address = server.address().unwrap();
        let (stop, stopped) = oneshot::channel();
        let ticker = setup.tick.map(|period| Ticker::start(app.clone(), ADMIN_KEY, period));
        let server = tokio::spawn(tick::serve(server, ticker, async move {
            // An error is the sender dropped, which means the same.
            let _ = stopped.await;
        }));
        // The client wants a TLS provider even for plain HTTP; a second installation is refused, and harmless.
        let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self {
            address,
            app,
            database,
            client,
            stop: Some(stop),
            server: Some(server),
            stores: Some(stores),
            _data: data,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its own database.
    pub fn database(&self) -> &TestDatabase {
        self.database.as_ref().expect("the application was given another database")
    }

    /// What is stored under a label of the key-value store, for a look behind the components.
    pub fn store(&self, label: &str) -> tradepost_key_value::Store {
        self.stores.as_ref().expect("the application runs").label(label).unwrap()
    }

    /// Begins a request.
    pub fn ask(&self, method: &str, path: &str) -> Ask {
        let method = method.parse().unwrap();
        Ask::new(self.client.request(method, format!("http://{}{path}", self.address)))
    }

    /// Begins a GET.
    pub fn get(&self, path: &str) -> Ask {
        self.ask("GET", path)
    }

    /// Begins a POST.
    pub fn post(&self, path: &str) -> Ask {
        self.ask("POST", path)
    }

    /// Has a component on a private route do its work, as the host's own tick does; `None` if there is no such
    /// component.
    pub async fn send_to(&self, component: &str, request_id: &str) -> Option<u16> {
        let uri = format!("http://{component}.spin.internal/");
        let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
        let request = http::Request::post(uri).header("request-id", request_id).body(body).unwrap();
        let response = self.app.send_to(component, request).await?;
        let status = response.status().as_u16();
        // The work may go on for as long as somebody reads.
        let _ = response.into_body().collect().await;
        Some(status)
    }

    /// Delivers a batch of events to a consumer as the relay does, and says what became of it: the status, and the
    /// outcome of each event.
    pub async fn deliver(&self, consumer: &str, events: &[Value]) -> (u16, Vec<String>) {
        let uri = format!("http://{consumer}.spin.internal/");
        let body = Full::new(Bytes::from(serde_json::to_vec(events).unwrap()));
        let request = http::Request::post(uri)
            .header("content-type", "application/cloudevents-batch+json")
            .body(body.map_err(|never| match never {}).boxed_unsync())
            .unwrap();
        let response = self.app.send_to(consumer, request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let results = answer["results"].as_array().cloned().unwrap_or_default();
        (status, results.iter().map(|result| result["outcome"].as_str().unwrap().to_owned()).collect())
    }

    /// The key-value store behind the views, for a look past the components.
    pub fn views(&self) -> Store {
        self.stores.as_ref().unwrap().label("default").unwrap()
    }

    /// Makes all views again, as `tradepost rebuild-views` does, and tells what was done.
    pub async fn rebuild_views(&self, keep: bool) -> Rebuilt {
        let client = self.database().connect().await;
        rebuild(&self.app, &client, &self.views(), keep, |_| {}).await.unwrap()
    }

    /// Ends as a process does that is killed: nobody is waited for, nothing is finished.
    pub async fn crash(mut self) {
        self.app.stop();
        if let Some(server) = self.server.take() {
            server.abort();
        }
        if let Some(stores) = self.stores.take() {
            stores.close().await.unwrap();
        }
    }

    /// Stops serving, as a signal would, and waits for the end.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have stopped by itself.
            let _ = stop.send(());
        }
        if let Some(server) = self.server.take() {
            server.await.unwrap();
        }
        if let Some(stores) = self.stores.take() {
            stores.close().await.unwrap();
        }
    }
}
