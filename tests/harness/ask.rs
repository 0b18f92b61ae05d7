//! Asking over HTTP, and looking at what comes back.

use crate::application::ADMIN_KEY;
use crate::secrets;
use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::fmt;

/// A request that is being put together.
pub struct Ask(reqwest::RequestBuilder);

impl Ask {
    pub(crate) fn new(request: reqwest::RequestBuilder) -> Self {
        Self(request)
    }

    /// As the operator.
    #[must_use]
    pub fn as_admin(self) -> Self {
        self.header("authorization", format!("Bearer {ADMIN_KEY}"))
    }

    /// As this customer, a user's id: in an application [with customers](crate::Application::with_customers).
    #[must_use]
    pub fn as_customer(self, user: &str) -> Self {
        self.header("authorization", format!("Bearer {user}"))
    }

    /// With a header.
    #[must_use]
    pub fn header(self, name: &str, value: impl Into<String>) -> Self {
        Self(self.0.header(name, value.into()))
    }

    /// With an idempotency key.
    #[must_use]
    pub fn idempotency_key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// With a JSON body.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "`json!` makes values, and a reference at each call is noise"
    )]
    pub fn json(self, body: Value) -> Self {
        self.bytes("application/json", body.to_string())
    }

    /// With a body as it is.
    #[must_use]
    pub fn bytes(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self(self.0.header("content-type", content_type).body(body.into()))
    }

    /// Sends it and takes the whole answer.
    pub async fn send(self) -> Answer {
        self.try_send().await.unwrap()
    }

    /// Sends it; an error means that there was no answer.
    pub async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let response = self.0.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Answer { status, headers, body: response.bytes().await? };
        answer.check_secrets();
        Ok(answer)
    }
}

/// An answer, whole.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// A header that the answer has.
    pub fn header(&self, name: &str) -> &str {
        let Some(value) = self.headers.get(name) else { panic!("no {name} header in {self:?}") };
        value.to_str().unwrap()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{error} in {self:?}"),
        }
    }

    /// What a success is about, after checking that it is one with this status and in the agreed shape.
    #[track_caller]
    pub fn data(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/json");
        self.check_length();
        let body = self.json();
        assert_eq!((&body["ok"], &body["error"]), (&Value::Bool(true), &Value::Null), "{self:?}");
        body["data"].clone()
    }

    /// The problem, after checking that it is one with this status and code and in the agreed shape.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        self.check_length();
        let body = self.json();
        assert_eq!(body["code"], code, "{self:?}");
        assert_eq!(body["status"], status);
        assert_eq!((&body["ok"], &body["data"]), (&Value::Bool(false), &Value::Null));
        assert_eq!(body["error"], body["detail"]);
        assert_eq!(body["request_id"], self.header("request-id"));
        for member in ["error", "type", "title", "instance"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {self:?}");
        }
        assert!(body["errors"].is_array(), "{self:?}");
        body
    }

    /// The pointers of a problem's faults.
    pub fn pointers(&self) -> Vec<String> {
        let faults = self.json()["errors"].clone();
        faults.as_array().unwrap().iter().map(|fault| fault["pointer"].as_str().unwrap().to_owned()).collect()
    }

    /// What goes right may show its owner a secret; what goes wrong, and a metric, may not.
    #[track_caller]
    fn check_secrets(&self) {
        secrets::check_log();
        let is_metric =
            self.headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/plain"));
        if self.status >= 400 || is_metric {
            let shown = format!("{self:?}");
            assert_eq!(secrets::secret_in(&shown), None, "{shown}");
        }
    }

    #[track_caller]
    fn check_length(&self) {
        assert_eq!(self.header("content-length"), self.body.len().to_string());
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.status, self.headers, String::from_utf8_lossy(&self.body))
    }
}
