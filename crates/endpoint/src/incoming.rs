//! A request's body that is read as it comes, for endpoints that answer while they read.

use tradepost_problem::{Code, Problem};
use wasip3::http::types::{ErrorCode, Fields, Request};
use wasip3::wit_bindgen::{FutureReader, StreamReader, StreamResult};
use wasip3::wit_future;

use crate::body::announced_length;

/// What is read at once, at most.
const CHUNK_BYTES: usize = 64 * 1024;

/// A body that has not been read yet.
#[derive(Debug)]
pub struct Incoming {
    stream: StreamReader<u8>,
    /// `None` once the stream has ended.
    trailers: Option<FutureReader<Result<Option<Fields>, ErrorCode>>>,
    announced_bytes: Option<usize>,
    received_bytes: usize,
}

impl Incoming {
    pub(crate) fn of(request: Request, headers: &Fields) -> Result<Self, Problem> {
        let announced_bytes = announced_length(headers)?;
        // How the reading went is of no interest to the sender; dropping the writer tells it that all is well.
        let (_, outcome) = wit_future::new(|| Ok(()));
        let (stream, trailers) = Request::consume_body(request, outcome);
        Ok(Self { stream, trailers: Some(trailers), announced_bytes, received_bytes: 0 })
    }

    /// The next part of the body, as soon as there is some; `None` at its end. An error is a body that has no proper
    /// end: it broke off (400), or it is larger than the host lets through (413).
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        loop {
            if self.trailers.is_none() {
                return Ok(None);
            }
            let (result, chunk) = self.stream.read(Vec::with_capacity(CHUNK_BYTES)).await;
            self.received_bytes += chunk.len();
            match result {
                StreamResult::Complete(_) if chunk.is_empty() => {}
                StreamResult::Complete(_) => return Ok(Some(chunk)),
                _ if !chunk.is_empty() => return Ok(Some(chunk)),
                _ => {
                    let Some(trailers) = self.trailers.take() else { return Ok(None) };
                    return self.judged(&trailers.await).map(|()| None);
                }
            }
        }
    }

    /// A body that broke off ends like one that is complete; only the trailers and the length tell.
    fn judged(&self, trailers: &Result<Option<Fields>, ErrorCode>) -> Result<(), Problem> {
        let is_complete = self.announced_bytes.is_none_or(|announced| self.received_bytes >= announced);
        match trailers {
            Err(ErrorCode::HttpRequestBodySize(_)) => {
                Err(Problem::new(Code::PayloadTooLarge, "The body is larger than this server takes at once"))
            }
            Ok(_) if is_complete => Ok(()),
            Ok(_) | Err(_) => {
                Err(Problem::new(Code::MalformedRequest, "The body ended before it was complete"))
            }
        }
    }
}
