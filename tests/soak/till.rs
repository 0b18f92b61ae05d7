//! Where shoppers ask: wherever the host answers at the moment. They ask until they are answered, as clients do that
//! want their order.

use crate::tally::Tally;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tradepost_tests::ADMIN_KEY;

/// Nobody waits longer for an answer, crashes of everything included.
const PATIENCE: Duration = Duration::from_mins(1);

/// A request, which may have to be sent several times.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) key: Option<String>,
    pub(crate) body: Option<Value>,
    pub(crate) as_admin: bool,
    /// How long to wait for the outcome of an order.
    pub(crate) wait_seconds: Option<u32>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    /// What the request was for.
    pub(crate) fn data(&self) -> Value {
        serde_json::from_str::<Value>(&self.body).map(|mut body| body["data"].take()).unwrap_or_default()
    }

    /// Whether it says that it may be different a moment later.
    fn passes(&self) -> bool {
        let in_flight = self.status == 409 && self.body.contains("idempotency_key_in_use");
        self.status >= 500 || self.status == 429 || in_flight
    }
}

/// The way to the host.
#[derive(Clone)]
pub(crate) struct Till {
    pub(crate) address: watch::Receiver<Option<SocketAddr>>,
    pub(crate) client: reqwest::Client,
    pub(crate) tally: Arc<Tally>,
}

impl Till {
    /// Asks until there is an answer that will stay. `None` is a violation, and has been counted as one.
    pub(crate) async fn ask(&self, request: &Request) -> Option<Answer> {
        let begin = Instant::now();
        let mut last = String::new();
        while begin.elapsed() < PATIENCE {
            match self.try_once(request).await {
                Ok(answer) if !answer.passes() => {
                    self.tally.count("answers");
                    return Some(answer);
                }
                Ok(answer) => last = format!("{answer:?}"),
                Err(error) => last = format!("{error:?}"),
            }
            self.tally.count("retries");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let (method, path) = (request.method, &request.path);
        self.tally.violation(format!("{method} {path} got no answer in {PATIENCE:?}, at last {last}"));
        None
    }

    async fn try_once(&self, request: &Request) -> Result<Answer, reqwest::Error> {
        let address = self.address.clone().wait_for(Option::is_some).await.ok().and_then(|address| *address);
        let Some(address) = address else { panic!("the ground is gone before its shoppers") };
        let method = request.method.parse().unwrap();
        let mut sent = self.client.request(method, format!("http://{address}{}", request.path));
        if let Some(key) = &request.key {
            sent = sent.header("idempotency-key", key);
        }
        if request.as_admin {
            sent = sent.header("authorization", format!("Bearer {ADMIN_KEY}"));
        }
        if let Some(seconds) = request.wait_seconds {
            sent = sent.header("prefer", format!("wait={seconds}"));
        }
        if let Some(body) = &request.body {
            sent = sent.header("content-type", "application/json").body(body.to_string());
        }
        let answer = sent.timeout(Duration::from_secs(30)).send().await?;
        Ok(Answer { status: answer.status().as_u16(), body: answer.text().await? })
    }
}
