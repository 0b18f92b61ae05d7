//! What a handler answers when all went well.

use serde::Serialize;
use tradepost_problem::{Problem, success_body, success_body_from_json};

/// A successful answer. The wrapper adds the headers that every answer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub(crate) status: u16,
    /// `None`: the answer has no body and says so by having no length either.
    pub(crate) content_type: Option<&'static str>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// 200 with `data` in the envelope.
    pub fn ok<T: Serialize + ?Sized>(data: &T) -> Result<Self, Problem> {
        Ok(Self::enveloped(200, success_body(data)?))
    }

    /// 200 with `data`, which is JSON already, in the envelope.
    pub fn ok_json(data: &[u8]) -> Self {
        Self::enveloped(200, success_body_from_json(data))
    }

    /// 201 with `data` in the envelope; `location` is the path of what was created.
    pub fn created<T: Serialize + ?Sized>(location: String, data: &T) -> Result<Self, Problem> {
        Ok(Self::enveloped(201, success_body(data)?).header("location", location))
    }

    /// 202 with `data` in the envelope: what was asked for goes on.
    pub fn accepted<T: Serialize + ?Sized>(data: &T) -> Result<Self, Problem> {
        Ok(Self::enveloped(202, success_body(data)?))
    }

    /// 204: done, and there is nothing to say of it.
    pub fn no_content() -> Self {
        Self { status: 204, content_type: None, headers: Vec::new(), body: Vec::new() }
    }

    /// `body` is the envelope already.
    pub fn enveloped(status: u16, body: Vec<u8>) -> Self {
        Self { status, content_type: Some("application/json"), headers: Vec::new(), body }
    }

    /// An answer that was kept under an idempotency key, as it was given the first time.
    pub fn replayed(status: u16, location: Option<String>, body: Vec<u8>) -> Self {
        let reply = if body.is_empty() {
            Self { status, ..Self::no_content() }
        } else {
            Self::enveloped(status, body)
        };
        match location {
            Some(location) => reply.header("location", location),
            None => reply,
        }
        .header("idempotent-replayed", "true")
    }

    /// Adds the strong entity tag of this version. Every state of an aggregate has a version of its own, and one
    /// version has one form here: that is what makes the tag strong.
    #[must_use]
    pub fn etag(self, version: u64) -> Self {
        self.header("etag", format!("\"{version}\""))
    }

    /// Adds a header; its name in lower case.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
