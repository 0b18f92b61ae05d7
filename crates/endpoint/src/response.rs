//! Answers on their way out, with the headers that every answer has.

use std::future::poll_fn;
use std::task::Poll;

use tradepost_problem::Problem;
use tradepost_request_syntax::accept::Codings;
use tradepost_request_syntax::if_match::GZIP_MARK;
use wasip3::http::types::{Fields, Response};
use wasip3::{wit_future, wit_stream};

use crate::manners::Manners;
use crate::reply::Body;
use crate::{Reply, compression, outgoing};

/// What chapter 3 of OWASP ASVS 5.0 and OWASP's REST security cheat sheet ask of every answer of an API, unless the answer
/// says otherwise: that nobody keeps it, guesses its type, runs or frames anything of it, or is told by it where the
/// reader came from.
const EVERY_ANSWER: [(&str, &str); 5] = [
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// To whom came over TLS: to come back no other way for a year (RFC 6797).
const TRANSPORT: (&str, &str) = ("strict-transport-security", "max-age=31536000; includeSubDomains");

/// An answer but for what all answers have in common.
pub(crate) struct Answer {
    status: u16,
    content_type: Option<&'static str>,
    headers: Vec<(&'static str, String)>,
    body: Body,
    holds_secret: bool,
}

impl Answer {
    pub(crate) fn reply(reply: Reply) -> Self {
        let Reply { status, content_type, headers, body, holds_secret } = reply;
        Self { status, content_type, headers, body, holds_secret }
    }

    pub(crate) fn problem(problem: &Problem, path: &str, request_id: &str) -> Self {
        Self {
            status: problem.status(),
            content_type: Some("application/problem+json"),
            headers: problem.headers().to_vec(),
            body: Body::Whole(problem.to_json(path, request_id)),
            holds_secret: false,
        }
    }

    /// 204: to OPTIONS.
    pub(crate) fn options(allowed: &[&str]) -> Self {
        Self {
            status: 204,
            content_type: None,
            headers: vec![("allow", allowed.join(", "))],
            body: Body::Whole(Vec::new()),
            holds_secret: false,
        }
    }

    /// Hands the answer to the host.
    pub(crate) async fn send(mut self, manners: Manners) -> Response {
        self.compress(manners.codings);
        let fields = self.fields(&manners);
        let Self { status, body, .. } = self;
        // No trailers: that is what dropping the writer says.
        let (trailers_writer, trailers) = wit_future::new(|| Ok(None));
        let body = match body {
            Body::Whole(body) if manners.without_body || body.is_empty() => {
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

    /// Puts a large body into gzip where the client likes that.
    fn compress(&mut self, codings: Codings) {
        let is_json = self.content_type.is_some_and(|content_type| content_type.ends_with("json"));
        let Body::Whole(body) = &mut self.body else { return };
        if self.headers.iter().any(|(name, _)| *name == "content-encoding") {
            return;
        }
        let is_large = body.len() >= compression::LEAST_BYTES;
        if !is_json || self.holds_secret || body.is_empty() || !(is_large || codings == Codings::Gzip) {
            return;
        }
        self.headers.push(("vary", "accept-encoding".to_owned()));
        if codings == Codings::Identity {
            return;
        }
        let Some(compressed) = compression::gzip(body) else { return };
        *body = compressed;
        for (name, value) in &mut self.headers {
            if *name == "etag" {
                value.truncate(value.trim_end_matches('"').len());
                value.push_str(GZIP_MARK);
                value.push('"');
            }
        }
        self.headers.push(("content-encoding", "gzip".to_owned()));
    }

    fn fields(&self, manners: &Manners) -> Fields {
        let mut fields = Vec::with_capacity(self.headers.len() + manners.headers.len() + 9);
        let mut add = |name: &str, value: &str| fields.push((name.to_owned(), value.as_bytes().to_vec()));
        if let Some(content_type) = self.content_type {
            add("content-type", content_type);
            if let Body::Whole(body) = &self.body {
                // Without it the body goes out in chunks, and on Spin the last one waits 40 ms for the client's
                // delayed acknowledgement.
                add("content-length", &body.len().to_string());
            }
        }
        add("request-id", &manners.request_id);
        for (name, value) in &self.headers {
            add(name, value);
        }
        for (name, value) in &manners.headers {
            add(name, value);
        }
        for (name, value) in &EVERY_ANSWER {
            if !self.headers.iter().any(|(own, _)| *own == *name) {
                add(name, value);
            }
        }
        if manners.over_tls && !manners.headers.iter().any(|(name, _)| name == TRANSPORT.0) {
            add(TRANSPORT.0, TRANSPORT.1);
        }
        // An answer whose own headers are malformed still has a status and a body.
        Fields::from_list(&fields).unwrap_or_else(|_| Fields::new())
    }
}

fn with_status(response: Response, status: u16) -> Response {
    // Fails for numbers that are no status, which no reply and no problem has.
    let _ = response.set_status_code(status);
    response
}
