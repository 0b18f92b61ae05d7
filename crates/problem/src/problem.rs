//! One problem on its way to a client.

use std::fmt;

use serde_json::Value;
use tradepost_input::{Faults, SyntaxFault};

use crate::Code;
use crate::body::ProblemBody;

/// Why a request did not get what it asked for.
///
/// Constructors are named after facts. What a context alone knows ("User not found") it says in the detail.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    code: Code,
    detail: String,
    faults: Faults,
    members: Vec<(&'static str, Value)>,
    headers: Vec<(&'static str, String)>,
    cause: Option<Box<str>>,
}

impl Problem {
    /// The problem `code`; `detail` says to a person what happened this time. A sentence without its full stop.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            faults: Faults::default(),
            members: Vec::new(),
            headers: Vec::new(),
            cause: None,
        }
    }

    /// The problem `code` as the faults tell it: the detail is theirs.
    pub fn with_faults(code: Code, faults: Faults) -> Self {
        let detail = if faults.is_empty() { code.title().to_owned() } else { faults.to_string() };
        Self { faults, ..Self::new(code, detail) }
    }

    /// 400: the body is JSON, and these are its faults.
    pub fn validation(faults: Faults) -> Self {
        Self::with_faults(Code::ValidationFailed, faults)
    }

    /// 400: the body is not JSON.
    pub fn malformed_json(fault: &SyntaxFault) -> Self {
        let problem = Self::new(Code::MalformedJson, format!("Malformed JSON: {fault}"))
            .member("line", fault.line)
            .member("column", fault.column);
        match &fault.pointer {
            Some(pointer) => problem.member("pointer", pointer.as_str()),
            None => problem,
        }
    }

    /// 404: absent, or not yours.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Code::NotFound, detail)
    }

    /// 401. `detail` must not repeat the credential.
    pub fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new(Code::Unauthenticated, detail).header("www-authenticate", "Bearer")
    }

    /// 403.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(Code::Forbidden, detail)
    }

    /// 405. `allowed` are the methods that the resource knows.
    pub fn method_not_allowed(method: &str, allowed: &[&str]) -> Self {
        let allowed = allowed.join(", ");
        Self::new(Code::MethodNotAllowed, format!("{method} is not possible here, only {allowed}"))
            .header("allow", allowed)
    }

    /// 406. `offered` is in what the resource can be had.
    pub fn not_acceptable(offered: &str) -> Self {
        Self::new(Code::NotAcceptable, format!("This can be had as {offered} only"))
    }

    /// 429. `seconds` is after how long there may be another request.
    pub fn rate_limited(seconds: u32) -> Self {
        Self::new(Code::RateLimited, "Too many requests; slow down")
            .header("retry-after", seconds.to_string())
    }

    /// 413. `most_bytes` is what the resource takes.
    pub fn payload_too_large(most_bytes: usize) -> Self {
        Self::new(Code::PayloadTooLarge, format!("The body must not be larger than {most_bytes} bytes"))
    }

    /// 415. `expected` is the content type that the resource reads.
    pub fn unsupported_media_type(expected: &str) -> Self {
        Self::new(Code::UnsupportedMediaType, format!("The content type must be {expected}"))
    }

    /// 503: a dependency does not answer. `cause` is for the log only.
    pub fn unavailable(cause: impl fmt::Display) -> Self {
        Self::new(Code::Unavailable, "The service cannot do this now; try again soon")
            .header("retry-after", "1")
            .caused_by(cause)
    }

    /// 500: a fault of ours. `cause` is for the log only.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(Code::Internal, "Something went wrong on our side").caused_by(cause)
    }

    /// Adds a member to the body beyond those that every problem has.
    #[must_use]
    pub fn member(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((name, value.into()));
        self
    }

    /// Adds a response header; the name in lower case.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Keeps what led to the problem for the log. Clients never see it; it must hold no secret all the same.
    #[must_use]
    pub fn caused_by(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string().into());
        self
    }

    /// Which problem it is.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.code.status()
    }

    /// What happened, for people.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What is wrong with the input; empty when the problem is not the input.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Response headers that belong to the problem, names in lower case.
    pub fn headers(&self) -> &[(&'static str, String)] {
        &self.headers
    }

    /// What led to it, for the log.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    pub(crate) fn members(&self) -> &[(&'static str, Value)] {
        &self.members
    }

    /// The body, `application/problem+json`. `instance` is the request's path.
    pub fn to_json(&self, instance: &str, request_id: &str) -> Vec<u8> {
        // Nothing in a problem lacks a JSON form, so the fallback is for the day somebody adds such a thing.
        serde_json::to_vec(&ProblemBody { problem: self, instance, request_id }).unwrap_or_else(|_| {
            br#"{"ok":false,"data":null,"error":"Something went wrong on our side"}"#.to_vec()
        })
    }
}

/// What the log gets.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)?;
        self.cause().map_or(Ok(()), |cause| write!(f, " ({cause})"))
    }
}

impl std::error::Error for Problem {}

impl From<Faults> for Problem {
    fn from(faults: Faults) -> Self {
        Self::validation(faults)
    }
}

impl From<SyntaxFault> for Problem {
    fn from(fault: SyntaxFault) -> Self {
        Self::malformed_json(&fault)
    }
}

/// A value of ours that has no JSON form is a bug, never the client's doing: input is read through
/// `tradepost-input`.
impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(error)
    }
}
