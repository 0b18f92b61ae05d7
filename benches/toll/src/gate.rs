//! What the gateway costs, kind of credential by kind, on warm instances: fuel, which is about one unit an instruction of a
//! guest, and host calls.
//!
//! `/health` does nothing, so what it costs is the wrapper's and the gateway's. The first row is behind a gateway that
//! decides nothing (`tests/guests/turnstile`): what the port call itself costs, and the wrapper.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tradepost::engine::Engine;
use tradepost::limits::Limits;
use tradepost::request::RequestRecord;
use tradepost::seam::{After, Before, HostCall, Outcome, Seam};
use tradepost_manifest::Manifest;
use tradepost_tests::credentials::{Issuer, api_key, some_user};
use tradepost_tests::{Application, Compiled, Setup, components};

/// So many requests an instance serves, one after the other.
const REUSE: usize = 200;

/// No caller comes near it.
const GENEROUS: &str = "default:q=1000000;w=60";

/// Sums over the requests of a row.
#[derive(Default)]
struct Used {
    host_calls: AtomicU64,
    fuel: AtomicU64,
}

impl Seam for Used {
    fn before<'a>(&'a self, _: &'a HostCall) -> BoxFuture<'a, Before> {
        self.host_calls.fetch_add(1, Ordering::Relaxed);
        futures::future::ready(Before::Proceed).boxed()
    }

    fn after<'a>(&'a self, _: &'a HostCall, _: Outcome, _: Duration) -> BoxFuture<'a, After> {
        futures::future::ready(After::Deliver).boxed()
    }

    fn ended(&self, _: &str, _: &[Arc<RequestRecord>], fuel: Option<u64>) {
        self.fuel.fetch_add(fuel.unwrap_or_default(), Ordering::Relaxed);
    }
}

/// Which credential a request shows.
#[derive(Clone, Copy)]
enum Shown {
    Nothing,
    AdminKey,
    OneToken,
    AnotherTokenEachTime,
    ApiKey,
}

/// Measures and prints a Markdown table.
pub(crate) async fn measure() -> anyhow::Result<()> {
    let limits = Limits { instance_reuse: REUSE, instance_concurrency: 1, ..Limits::default() };
    let code = tempfile::tempdir()?;
    let engine = Engine::counting_fuel(code.path(), &limits)?;
    let behind = |manifest: Manifest| {
        let engine = engine.clone();
        tokio::task::spawn_blocking(move || Arc::new(Compiled::by(engine, manifest)))
    };
    let turnstile = behind(tokio::task::spawn_blocking(Compiled::manifest_with_customers).await?).await?;
    let product = behind(components().clone()).await?;
    println!("| request | limits | credential | host calls | fuel, thousands |\n|---|---|---|---|---|");
    let rows = [
        ("/health", "no gateway", Shown::Nothing),
        ("/health", "off", Shown::Nothing),
        ("/health", GENEROUS, Shown::Nothing),
        ("/health", "off", Shown::AdminKey),
        ("/health", "off", Shown::OneToken),
        ("/health", GENEROUS, Shown::OneToken),
        ("/health", GENEROUS, Shown::AnotherTokenEachTime),
        ("/health", GENEROUS, Shown::ApiKey),
        ("/orders/order_01h455vb4pex5vsknk084sn02q", "no gateway", Shown::Nothing),
        ("/orders/order_01h455vb4pex5vsknk084sn02q", GENEROUS, Shown::Nothing),
        ("/orders/order_01h455vb4pex5vsknk084sn02q", GENEROUS, Shown::OneToken),
    ];
    for (path, limits_are, shown) in rows {
        let is_gateless = limits_are == "no gateway";
        let used = Arc::new(Used::default());
        let seam: Arc<dyn Seam> = used.clone();
        let policies = if is_gateless { "off" } else { limits_are };
        let app = Application::with(Setup {
            compiled: Some(if is_gateless { turnstile.clone() } else { product.clone() }),
            limits: Some(limits.clone()),
            variables: vec![("rate_limits".to_owned(), policies.to_owned())],
            seam: Some(seam),
            ..Setup::default()
        })
        .await;
        ask(&app, path, shown).await;
        app.stop().await;
        let requests = REUSE as u64;
        // In tenths of a thousand: fuel / requests / 1,000, with one decimal.
        let (calls, fuel) = (used.host_calls.load(Ordering::Relaxed), used.fuel.load(Ordering::Relaxed));
        let (calls, fuel) = (calls * 10 / requests, fuel / 100 / requests);
        let credential = match shown {
            Shown::Nothing => "none",
            Shown::AdminKey => "the operator's key",
            Shown::OneToken => "a token, remembered",
            Shown::AnotherTokenEachTime => "a token, new each time",
            Shown::ApiKey => "an API key",
        };
        let limits_are = if limits_are == GENEROUS { "on" } else { limits_are };
        println!(
            "| GET {path} | {limits_are} | {credential} | {}.{} | {}.{} |",
            calls / 10,
            calls % 10,
            fuel / 10,
            fuel % 10
        );
    }
    Ok(())
}

/// As many requests as one instance serves.
async fn ask(app: &Application, path: &str, shown: Shown) {
    let issuer = Issuer::numbered(3);
    Issuer::publish(&[&issuer], &app.views()).await;
    let token = issuer.token(some_user(), "");
    let (_, key) = api_key(&app.views(), "", false).await;
    for _ in 0..REUSE {
        let ask = app.get(path);
        let ask = match shown {
            Shown::Nothing => ask,
            Shown::AdminKey => ask.as_admin(),
            Shown::OneToken => ask.header("authorization", format!("Bearer {token}")),
            Shown::AnotherTokenEachTime => {
                ask.header("authorization", format!("Bearer {}", issuer.token(some_user(), "")))
            }
            Shown::ApiKey => ask.header("authorization", format!("Bearer {key}")),
        };
        ask.send().await;
    }
}
