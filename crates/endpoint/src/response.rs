//! Answers on their way out, with the headers that every answer has.

use std::future::poll_fn;
use std::task::Poll;

use tradepost_problem::Problem;
use wasip3::http::types::{Fields, Response};
use wasip3::{wit_future, wit_stream};

use crate::Reply;
use crate::outgoing;
use crate::reply::Body;

/// An answer but for what all answers have in common.
pub(crate) struct Answer {
    status: u16,
    content_type: Option<&'static str>,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

impl Answer {
    pub(crate) fn reply(reply: Reply) -> Self {
        let Reply { status, content_type, headers, body } = reply;
        Self { status, content_type, headers, body }
    }

    pub(crate) fn problem(problem: &Problem, path: &str, request_id: &str) -> Self {
        Self {
            status: problem.status(),
            content_type: Some("application/problem+json"),
            headers: problem.headers().to_vec(),
            body: Body::Whole(problem.to_json(path, request_id)),
        }
    }

    /// 204: to OPTIONS.
    pub(crate) fn options(allowed: &[&str]) -> Self {
        Self {
            status: 204,
            content_type: None,
            headers: vec![("allow", allowed.join(", "))],
            body: Body::Whole(Vec::new()),
        }
    }

    /// Hands the answer to the host. `without_body` is for HEAD: the length is told, the bytes stay here.
    pub(crate) async fn send(self, request_id: &str, without_body: bool) -> Response {
        let Self { status, content_type, headers, body } = self;
        let mut fields = Vec::with_capacity(headers.len() + 6);
        let mut add = |name: &str, value: &str| fields.push((name.to_owned(), value.as_bytes().to_vec()));
        if let Some(content_type) = content_type {
            add("content-type", content_type);
            if let Body::Whole(body) = &body {
                // Without it the body goes out in chunks, and on Spin the last one waits 40 ms for the client's
                // delayed acknowledgement.
                add("content-length", &body.len().to_string());
            }
        }
        add("request-id", request_id);
        for (name, value) in &headers {
            add(name, value);
        }
        // What OWASP's REST security cheat sheet asks of every answer of an API.
        add("cache-control", "no-store");
        add("x-content-type-options", "nosniff");
        add("content-security-policy", "default-src 'none'; frame-ancestors 'none'");

        // An answer whose own headers are malformed still has a status and a body.
        let fields = Fields::from_list(&fields).unwrap_or_else(|_| Fields::new());
        // No trailers: that is what dropping the writer says.
        let (trailers_writer, trailers) = wit_future::new(|| Ok(None));
        let body = match body {
            Body::Whole(body) if without_body || body.is_empty() => {
                return with_status(Response::new(fields, None, trailers).0, status);
            }
            Body::Whole(body) => body,
            Body::Stream(writing) => {
                let (writer, reader) = wit_stream::new();
                outgoing::start(writing, writer, || drop(trailers_writer));
                return with_status(Response::new(fields, Some(reader), trailers).0, status);
            }
        };

        let (mut writer, reader) = wit_stream::new();
        let response = with_status(Response::new(fields, Some(reader), trailers).0, status);
        let mut write = Box::pin(async move {
            // What the client does not wait for is nobody's loss.
            let _ = writer.write_all(body).await;
            drop(writer);
            // Only now: the host waits for the trailers by then and takes them without another turn.
            drop(trailers_writer);
        });
        // Offered before the head leaves, the body can leave with it.
        if poll_fn(|context| Poll::Ready(write.as_mut().poll(context))).await.is_pending() {
            wasip3::spawn(write);
        }
        response
    }
}

fn with_status(response: Response, status: u16) -> Response {
    // Fails for numbers that are no status, which no reply and no problem has.
    let _ = response.set_status_code(status);
    response
}
