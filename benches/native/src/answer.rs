//! Answers in Tradepost's shape.

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use tradepost_problem::Problem;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A success.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) is_replayed: bool,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// 200.
    pub(crate) fn ok(body: Vec<u8>) -> Self {
        Self { status: 200, location: None, is_replayed: false, body }
    }

    /// 201.
    pub(crate) fn created(location: String, body: Vec<u8>) -> Self {
        Self { status: 201, location: Some(location), is_replayed: false, body }
    }
}

/// The response to a request for `path`, with an id of its own.
pub(crate) fn respond(path: &str, outcome: Result<Answer, Problem>) -> Response {
    let request_id = format!("req_{}", Uuid::now_v7().simple());
    let mut response = match outcome {
        Ok(answer) => {
            let mut response = json(answer.status, "application/json", answer.body);
            let headers = response.headers_mut();
            if let Some(location) = answer.location.and_then(|path| HeaderValue::try_from(path).ok()) {
                headers.insert(LOCATION, location);
            }
            if answer.is_replayed {
                headers.insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
            }
            response
        }
        Err(problem) => {
            if problem.cause().is_some() {
                eprintln!("{request_id} {problem}");
            }
            let body = problem.to_json(path, &request_id);
            let mut response = json(problem.status(), "application/problem+json", body);
            for (name, value) in problem.headers() {
                if let Ok(value) = HeaderValue::try_from(value) {
                    response.headers_mut().insert(*name, value);
                }
            }
            response
        }
    };
    if let Ok(id) = HeaderValue::try_from(request_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

fn json(status: u16, content_type: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
