//! The host's log: lines for people on a terminal, JSON for everything else; always on standard error.

use std::io::{IsTerminal as _, stderr};
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// What is logged when nobody says: our own news, and of others only what went wrong. Postgres's notices and the
/// migrations' own reports would say again what the host says.
const DEFAULT: &str = "info,tokio_postgres=warn,refinery_core=warn";

/// Starts logging; `RUST_LOG` says how much in the place of [`DEFAULT`]. The guard writes what is left when it is
/// dropped.
pub(crate) fn start() -> WorkerGuard {
    // Requests never wait for a slow terminal or pipe, and no line is thrown away either.
    let (writer, guard) = NonBlockingBuilder::default().lossy(false).finish(stderr());
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    // A second call, as in tests, keeps the first one's log.
    let _ = if stderr().is_terminal() {
        log.with_target(false).try_init()
    } else {
        log.json().flatten_event(true).with_current_span(false).with_span_list(false).try_init()
    };
    guard
}
