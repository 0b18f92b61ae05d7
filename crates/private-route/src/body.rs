//! The request's body, read whole and never more than a limit.

use wasip3::http::types::{Request, Response};
use wasip3::wit_bindgen::StreamResult;
use wasip3::wit_future;

use crate::answer::text;

/// What is read at once when the caller does not say how much it sends.
const CHUNK_BYTES: usize = 64 * 1024;

/// Reads the body of `request`, up to `most_bytes`.
///
/// Of one that is larger, as much again is read and thrown away: a caller that is still sending when the connection is
/// closed may never see the answer. One that sends far too much has to live with that.
///
/// # Errors
/// The answer to send: 413 for a body that is larger, 400 for one that broke off.
pub async fn read(request: Request, most_bytes: usize) -> Result<Vec<u8>, Response> {
    let too_large = || Err(text(413, &format!("The body may have {most_bytes} bytes")));
    let announced = announced_length(&request);
    if announced.is_some_and(|length| length > 2 * most_bytes) {
        return too_large();
    }
    let (_, outcome) = wit_future::new(|| Ok(()));
    let (mut stream, trailers) = Request::consume_body(request, outcome);
    let mut body = Vec::with_capacity(announced.unwrap_or(CHUNK_BYTES).clamp(1, most_bytes));
    let mut discarded_bytes = 0;
    loop {
        let received = discarded_bytes + body.len();
        // All that was announced is there. The end of the stream would be one more turn of the host for nothing.
        let complete = announced.is_some_and(|length| received >= length);
        if received > most_bytes {
            if complete || received > 2 * most_bytes {
                return too_large();
            }
            discarded_bytes = received;
            body.clear();
        } else if complete {
            return Ok(body);
        } else if body.len() == body.capacity() {
            body.reserve(CHUNK_BYTES);
        }
        let (result, filled) = stream.read(body).await;
        body = filled;
        if !matches!(result, StreamResult::Complete(_)) {
            break;
        }
    }
    // A body that broke off ends like one that is complete; only the trailers tell.
    match trailers.await {
        Ok(_) if discarded_bytes + body.len() > most_bytes => too_large(),
        Ok(_) if announced.is_none() => Ok(body),
        _ => Err(text(400, "The body ended before it was complete")),
    }
}

fn announced_length(request: &Request) -> Option<usize> {
    let value = request.get_headers().get("content-length").into_iter().next()?;
    std::str::from_utf8(&value).ok()?.trim().parse().ok()
}
