//! Four of Tradepost's requests as an ordinary native program answers them: axum, tokio-postgres, no components. The
//! yardstick for what the sandbox costs.
//!
//! The same rules crates decide, the same statements go to the same Postgres as the same roles, and the same embedded
//! store keeps the views.

mod answer;
mod database;
mod orders;
mod shop;
mod users;
mod views;

use answer::{Answer, respond};
use anyhow::{Context as _, Result};
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Router, serve};
use clap::Parser;
use shop::Shop;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tradepost_key_value::Stores;
use tradepost_problem::success_body;

/// Tradepost's limit of a body, in bytes.
const BODY_BYTES: usize = 256 * 1024;

/// Answers four of Tradepost's requests natively.
#[derive(Parser)]
struct Options {
    /// The address to serve on.
    #[arg(long, default_value = "127.0.0.1:3001")]
    listen: SocketAddr,
    /// The database, migrated by `tradepost migrate`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Where the views are kept: another directory than Tradepost's, which one process has to itself.
    #[arg(long, default_value = "target/native-views")]
    views: PathBuf,
    /// The file with the key that admits the operator.
    #[arg(long, default_value = ".tradepost/admin-key")]
    admin_key_file: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse();
    let key = std::fs::read_to_string(&options.admin_key_file)
        .with_context(|| format!("cannot read {}", options.admin_key_file.display()))?;
    let stores = Stores::open(&options.views)?;
    let shop = Arc::new(Shop::new(&options.database_url, stores.label("default")?, key.trim())?);
    let app = Router::new()
        .route("/health", get(health))
        .route("/users", post(register))
        .route("/orders", post(place))
        .route("/orders/{order_id}", get(show))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(shop);
    let listener = TcpListener::bind(options.listen).await?;
    println!("native ready on http://{}", listener.local_addr()?);
    let listener = listener.tap_io(|connection| {
        // A connection that refuses is slower, not wrong.
        let _ = connection.set_nodelay(true);
    });
    let interrupted = async {
        // An error means that there are no signals here: then only a kill ends it.
        let _ = tokio::signal::ctrl_c().await;
    };
    serve(listener, app).with_graceful_shutdown(interrupted).await?;
    stores.close().await?;
    Ok(())
}

async fn health() -> axum::response::Response {
    respond("/health", success_body("ok").map(Answer::ok))
}

async fn register(State(shop): State<Arc<Shop>>, body: Bytes) -> axum::response::Response {
    respond("/users", users::register(&shop, &body).await)
}

async fn place(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: Bytes) -> axum::response::Response {
    respond("/orders", orders::place(&shop, &headers, &body).await)
}

async fn show(
    State(shop): State<Arc<Shop>>,
    headers: HeaderMap,
    Path(order_id): Path<String>,
) -> axum::response::Response {
    respond("/orders/:order_id", views::show(&shop, &headers, &order_id))
}
