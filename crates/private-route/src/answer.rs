//! Answers on their way out.

use wasip3::http::types::{Fields, Response};
use wasip3::{wit_future, wit_stream};

/// An answer in words, for whoever reads the caller's log.
pub fn text(status: u16, words: &str) -> Response {
    with_headers(status, &[], words)
}

/// An answer in JSON.
pub fn json(status: u16, body: Vec<u8>) -> Response {
    send(status, &[("content-type", "application/json")], body)
}

pub(crate) fn with_headers(status: u16, headers: &[(&str, &str)], words: &str) -> Response {
    let mut headers = headers.to_vec();
    headers.push(("content-type", "text/plain; charset=utf-8"));
    send(status, &headers, words.as_bytes().to_vec())
}

fn send(status: u16, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
    let mut fields: Vec<(String, Vec<u8>)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    // Without it the body goes out in chunks, and on Spin the last one waits 40 ms for an acknowledgement.
    fields.push(("content-length".to_owned(), body.len().to_string().into_bytes()));
    let fields = Fields::from_list(&fields).unwrap_or_else(|_| Fields::new());
    let (trailers_writer, trailers) = wit_future::new(|| Ok(None));
    let (mut writer, reader) = wit_stream::new();
    let response = Response::new(fields, Some(reader), trailers).0;
    // Fails for numbers that are no status, which nobody gives here.
    let _ = response.set_status_code(status);
    wasip3::spawn(async move {
        // What the caller does not wait for is nobody's loss.
        let _ = writer.write_all(body).await;
        drop(writer);
        drop(trailers_writer);
    });
    response
}
