//! The request's body, read whole and never more than a limit.

use tradepost_problem::{Code, Problem};
use wasip3::http::types::{ErrorCode, Fields, Request};
use wasip3::wit_bindgen::StreamResult;
use wasip3::wit_future;

/// The largest body that is read: 256 KiB. An order of 1,000 lines has about a tenth of it.
pub(crate) const MOST_BYTES: usize = 256 * 1024;

/// What is read at once when the client does not say how much it sends.
const CHUNK_BYTES: usize = 8 * 1024;

/// How much of a body that is too large is read and thrown away. A client that is still sending when the connection
/// is closed may never see the answer; one that sends far too much has to live with that.
const MOST_DISCARDED_BYTES: usize = 4 * MOST_BYTES;

/// Reads the body of `request`, whose headers are `headers`.
pub(crate) async fn read(request: Request, headers: &Fields) -> Result<Vec<u8>, Problem> {
    let announced = announced_length(headers)?;
    if announced.is_some_and(|length| length > MOST_DISCARDED_BYTES) {
        return Err(Problem::payload_too_large(MOST_BYTES));
    }

    // How the reading went is of no interest to the sender; dropping the writer tells it that all is well.
    let (_, outcome) = wit_future::new(|| Ok(()));
    let (mut stream, trailers) = Request::consume_body(request, outcome);
    let mut body = Vec::with_capacity(announced.unwrap_or(0).clamp(1, MOST_BYTES));
    let mut discarded_bytes = 0;
    loop {
        let received = discarded_bytes + body.len();
        // All that was announced is there. The end of the stream would be one more turn of the host for nothing.
        if announced.is_some_and(|length| received >= length) || received > MOST_DISCARDED_BYTES {
            break;
        }
        if body.len() > MOST_BYTES {
            discarded_bytes += body.len();
            body.clear();
        } else if body.len() == body.capacity() {
            body.reserve(CHUNK_BYTES);
        }
        let (result, filled) = stream.read(body).await;
        body = filled;
        if !matches!(result, StreamResult::Complete(_)) {
            return ended(discarded_bytes, body, announced, &trailers.await);
        }
    }
    if discarded_bytes + body.len() > MOST_BYTES {
        return Err(Problem::payload_too_large(MOST_BYTES));
    }
    Ok(body)
}

/// Judges a body whose stream has ended. One that broke off ends like one that is complete; only the trailers tell.
fn ended(
    discarded_bytes: usize,
    body: Vec<u8>,
    announced: Option<usize>,
    trailers: &Result<Option<Fields>, ErrorCode>,
) -> Result<Vec<u8>, Problem> {
    match trailers {
        _ if discarded_bytes + body.len() > MOST_BYTES => Err(Problem::payload_too_large(MOST_BYTES)),
        Err(ErrorCode::HttpRequestBodySize(_)) => Err(Problem::payload_too_large(MOST_BYTES)),
        Ok(_) if announced.is_none() => Ok(body),
        Ok(_) | Err(_) => Err(Problem::new(Code::MalformedRequest, "The body ended before it was complete")),
    }
}

/// The length that the client announces, if it does.
pub(crate) fn announced_length(headers: &Fields) -> Result<Option<usize>, Problem> {
    let Some(value) = headers.get("content-length").into_iter().next() else { return Ok(None) };
    std::str::from_utf8(&value)
        .ok()
        .and_then(|digits| digits.trim().parse::<u64>().ok())
        .map(|length| Some(usize::try_from(length).unwrap_or(usize::MAX)))
        .ok_or_else(|| Problem::new(Code::MalformedRequest, "The header content-length must be a number"))
}
