//! Answers that the host gives itself, in the shape that every other answer has.

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use tradepost_problem::{Code, Problem};
use wasmtime_wasi_http::WasiBody;

use crate::app::REQUEST_ID;

/// Why the host answers instead of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No route matches the path.
    NoRoute,
    /// The head is not well-formed, or says two things at once; which, in a sentence without its full stop.
    Malformed(&'static str),
    /// The head has too many headers, or too long ones.
    HeadTooLarge,
    /// The target is longer than any that a route could have.
    TargetTooLong,
    /// The body is compressed. Nobody here undoes that, so that a small body cannot become a large one.
    Encoded,
    /// The head did not arrive in time.
    HeadTooSlow,
    /// The body did not arrive in time.
    BodyTooSlow,
    /// The body is larger than any component may get.
    BodyTooLarge {
        /// Bytes.
        limit: u64,
    },
    /// Too many requests are being handled.
    Overloaded,
    /// The component did not answer in time.
    DeadlineExceeded,
    /// The component failed.
    Failed,
}

/// What is kept of a request to answer and to log it.
pub(crate) struct RequestLine {
    pub(crate) method: Method,
    /// The path without the query, which may hold what a log must not.
    pub(crate) path: String,
}

impl RequestLine {
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        Self { method: request.method().clone(), path: request.uri().path().to_owned() }
    }

    /// Of a request that could not be read. Its words are nothing that should stand in a log.
    pub(crate) fn unknown() -> Self {
        Self { method: Method::GET, path: "/".to_owned() }
    }
}

/// The answer that says `refusal`.
pub(crate) fn problem(refusal: &Refusal, line: &RequestLine, request_id: &str) -> Response<WasiBody> {
    let problem = match refusal {
        Refusal::NoRoute => Problem::not_found("There is nothing at this path"),
        Refusal::Malformed(what) => Problem::new(Code::MalformedRequest, *what),
        Refusal::HeadTooLarge => {
            Problem::new(Code::HeadersTooLarge, "A request may have 128 headers, and 64 KiB of them")
        }
        Refusal::TargetTooLong => {
            Problem::new(Code::TargetTooLong, "Path and query may have 8,192 characters together")
        }
        Refusal::Encoded => {
            Problem::new(Code::UnsupportedMediaType, "A body is read as it is: no Content-Encoding is known")
        }
        Refusal::HeadTooSlow => Problem::new(Code::RequestTooSlow, "The headers did not arrive in time"),
        Refusal::BodyTooSlow => Problem::new(Code::RequestTooSlow, "The body did not arrive in time"),
        Refusal::BodyTooLarge { limit } => {
            Problem::payload_too_large(usize::try_from(*limit).unwrap_or(usize::MAX))
        }
        Refusal::Overloaded => Problem::unavailable("too many requests or instances at once"),
        Refusal::DeadlineExceeded => {
            Problem::new(Code::DeadlineExceeded, "The request took longer than a request may")
        }
        // The reason is in the log already, next to the request id.
        Refusal::Failed => Problem::internal("see the component's failure"),
    };
    let body = problem.to_json(&line.path, request_id);
    let length = body.len();
    let body = if line.method == Method::HEAD { Bytes::new() } else { Bytes::from(body) };
    let mut response = Response::new(Full::new(body).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() =
        http::StatusCode::from_u16(problem.status()).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in problem.headers() {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(*name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    response
}

/// Adds what every answer has, whoever gave it.
pub(crate) fn complete(response: &mut Response<WasiBody>, request_id: &str) {
    if !response.headers().contains_key(REQUEST_ID)
        && let Ok(id) = HeaderValue::from_str(request_id)
    {
        response.headers_mut().insert(REQUEST_ID, id);
    }
}
