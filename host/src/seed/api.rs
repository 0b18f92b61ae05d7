//! The API as its clients see it: requests over kept connections, answers with a status and JSON.

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use http::{Method, Request, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use std::time::Duration;

/// How long to wait before each further look for what an event is bringing.
const PAUSES: [Duration; 5] = [
    Duration::from_millis(50),
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// A Tradepost somewhere, and the operator's key to it.
pub(crate) struct Api {
    client: Client<HttpConnector, Full<Bytes>>,
    /// Without a slash at its end.
    url: String,
    authorization: String,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The body; null if it is not JSON.
    body: Value,
}

impl Answer {
    /// A text in what the request was for, by its JSON pointer.
    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        self.body.get("data")?.pointer(pointer)?.as_str()
    }

    /// An error that names `what` unless the status is one of these.
    pub(crate) fn expect(&self, what: &str, statuses: &[u16]) -> Result<()> {
        let error = self.body.get("error").and_then(Value::as_str).unwrap_or("no reason given");
        ensure!(statuses.contains(&self.status), "{what} was refused with {}: {error}", self.status);
        Ok(())
    }
}

impl Api {
    /// The one at `url`, such as `http://127.0.0.1:3000`.
    pub(crate) fn at(url: &str, admin_key: &str) -> Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("{url} is not a URL"))?;
        if uri.scheme_str() != Some("http") {
            bail!("{url} must begin with http://");
        }
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(HttpConnector::new()),
            url: url.trim_end_matches('/').to_owned(),
            authorization: format!("Bearer {admin_key}"),
        })
    }

    /// POSTs as the operator, under an idempotency key.
    pub(crate) async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Answer> {
        let request = self.request(Method::POST, path).header("idempotency-key", key);
        self.send(request.header("content-type", "application/json"), body.to_string()).await
    }

    /// The same by somebody whom nobody knows, who waits up to ten seconds for the outcome.
    pub(crate) async fn post_as_guest(&self, path: &str, key: &str, body: &Value) -> Result<Answer> {
        let request = Request::builder().method(Method::POST).uri(format!("{}{path}", self.url));
        let request = request.header("idempotency-key", key).header("prefer", "wait=10");
        self.send(request.header("content-type", "application/json"), body.to_string()).await
    }

    /// The same as [`Self::post`], again for as long as what it needs is not found.
    pub(crate) async fn post_once_found(&self, path: &str, key: &str, body: &Value) -> Result<Answer> {
        for pause in PAUSES {
            let answer = self.post(path, key, body).await?;
            if answer.status != 404 {
                return Ok(answer);
            }
            tokio::time::sleep(pause).await;
        }
        self.post(path, key, body).await
    }

    /// Reads as the operator.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer> {
        self.send(self.request(Method::GET, path), String::new()).await
    }

    /// Sends lines of JSON and returns the lines that answer them.
    pub(crate) async fn import(&self, path: &str, lines: String) -> Result<Vec<Value>> {
        let request = self.request(Method::POST, path).header("content-type", "application/x-ndjson");
        let (status, body) = self.exchange(request, lines).await?;
        ensure!(status == 200, "the import was refused with {status}");
        let text = String::from_utf8_lossy(&body);
        text.lines().map(|line| serde_json::from_str(line).context("an answered line is not JSON")).collect()
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        request.header("authorization", &self.authorization)
    }

    async fn send(&self, request: http::request::Builder, body: String) -> Result<Answer> {
        let (status, body) = self.exchange(request, body).await?;
        Ok(Answer { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    }

    async fn exchange(&self, request: http::request::Builder, body: String) -> Result<(u16, Bytes)> {
        let request = request.body(Full::new(Bytes::from(body)))?;
        let answer =
            self.client.request(request).await.with_context(|| format!("nobody answers at {}", self.url))?;
        let status = answer.status().as_u16();
        Ok((status, answer.into_body().collect().await?.to_bytes()))
    }
}
