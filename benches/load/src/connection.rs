//! A kept HTTP/1.1 connection, with as little between the socket and the clock as can be: what this program computes,
//! the server it measures cannot.

use anyhow::{Context as _, Result, bail, ensure};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// More than an answer's head has.
const MOST_HEADERS: usize = 32;

/// A connection and the answer that it brought last.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    /// Where the body begins in what was received.
    body_start: usize,
}

/// What the head of an answer says.
struct Head {
    status: u16,
    length: usize,
    body_length: usize,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream =
            TcpStream::connect(address).await.with_context(|| format!("nobody answers at {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(8 * 1024), body_start: 0 })
    }

    /// Sends `request`, takes the whole answer, and returns its status.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request).await?;
        self.received.clear();
        loop {
            let count = self.stream.read_buf(&mut self.received).await?;
            ensure!(count > 0, "the server closed the connection");
            let Some(head) = head_of(&self.received)? else { continue };
            let length = head.length + head.body_length;
            while self.received.len() < length {
                let count = self.stream.read_buf(&mut self.received).await?;
                ensure!(count > 0, "the server closed the connection within an answer");
            }
            ensure!(self.received.len() == length, "the server sent more than one answer");
            self.body_start = head.length;
            return Ok(head.status);
        }
    }

    /// The body of the last answer, as text.
    pub(crate) fn body(&self) -> String {
        String::from_utf8_lossy(self.body_bytes()).into_owned()
    }

    /// Whether the body of the last answer contains this text.
    pub(crate) fn body_contains(&self, text: &str) -> bool {
        text.is_empty() || self.body_bytes().windows(text.len()).any(|window| window == text.as_bytes())
    }

    fn body_bytes(&self) -> &[u8] {
        self.received.get(self.body_start..).unwrap_or_default()
    }
}

/// The head, once it is there whole.
fn head_of(received: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = response.parse(received)? else { return Ok(None) };
    let body_length =
        response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    // Servers that stream an answer whose length they know are slower than they need be.
    let Some(body_length) = body_length else { bail!("an answer has no content-length") };
    Ok(Some(Head {
        status: response.code.context("an answer has no status")?,
        length,
        body_length: std::str::from_utf8(body_length.value)?.parse()?,
    }))
}
