//! Keeps time for the application: a POST to its own `/tick` at a steady pace, as a cron would make it elsewhere.

use crate::app::App;
use crate::server::Server;
use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty};
use std::mem;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

/// Where the tick goes.
const PATH: &str = "/tick";

/// Somebody who ticks until he is stopped. One tick is never begun before the last one was answered.
pub struct Ticker {
    stop: Option<oneshot::Sender<()>>,
    ticking: JoinHandle<()>,
}

impl Ticker {
    /// Ticks every `period`, at once for the first time, as the operator whose key this is.
    pub fn start(app: Arc<App>, admin_key: &str, period: Duration) -> Self {
        let authorization = format!("Bearer {admin_key}");
        let (stop, mut stopped) = oneshot::channel();
        let ticking = tokio::spawn(async move {
            let mut pace = interval(period);
            pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut news = News::default();
            loop {
                tokio::select! {
                    biased;
                    // An error is the sender dropped, which means the same.
                    _ = &mut stopped => break,
                    _ = pace.tick() => {}
                }
                report(&mut news, &tick(&app, &authorization).await);
            }
        });
        Self { stop: Some(stop), ticking }
    }

    /// Begins no further tick.
    fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // It may have ended by itself.
            let _ = stop.send(());
        }
    }

    /// Waits for the tick that is under way; it has the deadline of every request.
    async fn finish(self) {
        if let Err(error) = self.ticking.await {
            tracing::error!(%error, "the ticking broke off");
        }
    }
}

/// Serves until `stop` ends, with somebody who ticks beside it if there is one. He stops when the server does, and the
/// tick that is under way then is finished like any other request.
pub async fn serve(server: Server, mut ticker: Option<Ticker>, stop: impl Future<Output = ()>) {
    let stop = async {
        stop.await;
        if let Some(ticker) = &mut ticker {
            ticker.stop();
        }
    };
    server.serve(stop).await;
    if let Some(ticker) = ticker {
        ticker.finish().await;
    }
}

/// Says in the log when ticking begins to fail and when it works again, and nothing in between.
fn report(news: &mut News, outcome: &Result<(), String>) {
    match (outcome, news.changes(outcome.is_err())) {
        (Ok(()), true) => tracing::info!("the tick works again"),
        (Err(reason), true) => {
            tracing::warn!(reason, "the tick fails; what is due waits until it works again");
        }
        (Err(reason), false) => tracing::debug!(reason, "the tick fails still"),
        (Ok(()), false) => {}
    }
}

/// How the last tick ended.
#[derive(Default)]
struct News {
    is_failing: bool,
}

impl News {
    /// Whether this tick ended otherwise than the one before.
    fn changes(&mut self, is_failing: bool) -> bool {
        mem::replace(&mut self.is_failing, is_failing) != is_failing
    }
}

async fn tick(app: &App, authorization: &str) -> Result<(), String> {
    let request = Request::post(format!("http://localhost{PATH}"))
        .header(header::AUTHORIZATION, authorization)
        .body(Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync())
        .map_err(|error| error.to_string())?;
    let response = app.handle_own(request).await.ok_or_else(|| format!("nothing answers {PATH}"))?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
    if status != StatusCode::OK {
        return Err(format!("{PATH} answered {status}"));
    }
    let failures = failures(&body);
    if failures.is_empty() { Ok(()) } else { Err(failures.join("; ")) }
}

/// What those said that were nudged in vain.
fn failures(body: &[u8]) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let nudged = body.get("data").and_then(serde_json::Value::as_array).into_iter().flatten();
    nudged.filter_map(|nudged| nudged.get("error")?.as_str()).map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::{News, failures};

    #[test]
    fn only_what_failed_is_a_failure() {
        let body = br#"{"ok":true,"data":[{"component":"a","error":null},{"component":"b","error":"gone"}]}"#;
        assert_eq!(failures(body), ["gone"]);
        for body in [&b""[..], b"{}", br#"{"data":[]}"#, br#"{"data":[{"component":"a","error":null}]}"#] {
            assert_eq!(failures(body), Vec::<String>::new());
        }
    }
    #[test]
    fn only_a_change_is_news() {
        let mut news = News::default();
        let told = [false, true, true, true, false, false, true].map(|is_failing| news.changes(is_failing));
        assert_eq!(told, [false, true, false, false, true, false, true]);
    }
}
