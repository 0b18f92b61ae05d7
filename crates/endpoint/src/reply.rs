//! What a handler answers when all went well.

use serde::Serialize;
use tradepost_problem::{Problem, success_body, success_body_from_json};

/// A successful answer. The wrapper adds the headers that every answer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
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

    /// `body` is the envelope already, such as an answer that was kept.
    pub fn enveloped(status: u16, body: Vec<u8>) -> Self {
        Self { status, content_type: "application/json", headers: Vec::new(), body }
    }

    /// Adds a header; its name in lower case.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}
