//! Reads the server's side of a connection as it passes, for what the driver knows and does not tell: whether a
//! transaction is open, and whether a setting of the session has changed.
//!
//! Postgres documentation, "Message Formats": after the start-up, every message is one byte of kind, four bytes of
//! length that count themselves, and a body. `ReadyForQuery` ends every exchange, and its body is the status.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const READY_FOR_QUERY: u8 = b'Z';
const PARAMETER_STATUS: u8 = b'S';
const DATA_ROW: u8 = b'D';
const IDLE: u8 = b'I';

/// What has been read off one connection so far.
#[derive(Debug)]
pub(crate) struct Line {
    /// The body of the last `ReadyForQuery`; 0 before the first.
    status: AtomicU8,
    written_bytes: AtomicU64,
    altered: AtomicBool,
    oversized: AtomicBool,
    row_bytes_max: usize,
}

impl Line {
    pub(crate) fn new(row_bytes_max: usize) -> Self {
        Self {
            status: AtomicU8::new(0),
            written_bytes: AtomicU64::new(0),
            altered: AtomicBool::new(false),
            oversized: AtomicBool::new(false),
            row_bytes_max,
        }
    }

    /// Whether the server's last word was that no transaction is open.
    pub(crate) fn is_idle(&self) -> bool {
        self.status.load(Ordering::Acquire) == IDLE
    }

    /// How many bytes were handed to the network.
    pub(crate) fn written_bytes(&self) -> u64 {
        self.written_bytes.load(Ordering::Acquire)
    }

    /// Whether the server reported a setting that changed since the start-up.
    pub(crate) fn is_altered(&self) -> bool {
        self.altered.load(Ordering::Acquire)
    }

    /// Whether a row was longer than allowed. Then the connection has been given up.
    pub(crate) fn is_oversized(&self) -> bool {
        self.oversized.load(Ordering::Acquire)
    }

    fn begins(&self, kind: u8, body_bytes: usize) -> io::Result<()> {
        match kind {
            PARAMETER_STATUS if self.status.load(Ordering::Acquire) != 0 => {
                self.altered.store(true, Ordering::Release);
            }
            // Refused here, before the driver gathers it in memory.
            DATA_ROW if body_bytes > self.row_bytes_max => {
                self.oversized.store(true, Ordering::Release);
                return Err(io::Error::other("a row is longer than allowed"));
            }
            _ => {}
        }
        Ok(())
    }
}

/// Where in the server's messages the reading stands.
#[derive(Debug)]
enum Place {
    Header {
        bytes: [u8; 5],
        filled: usize,
    },
    /// Before the one byte of a `ReadyForQuery`'s body.
    Status,
    Body {
        left: usize,
    },
}

impl Place {
    const START: Self = Self::Header { bytes: [0; 5], filled: 0 };
}

/// A connection's stream, with a [`Line`] that follows it.
#[derive(Debug)]
pub(crate) struct Observed<S> {
    stream: S,
    line: Arc<Line>,
    place: Place,
}

impl<S> Observed<S> {
    pub(crate) fn new(stream: S, line: Arc<Line>) -> Self {
        Self { stream, line, place: Place::START }
    }

    fn read(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while let Some((&first, rest)) = bytes.split_first() {
            match &mut self.place {
                Place::Header { bytes: header, filled } => {
                    if let Some(byte) = header.get_mut(*filled) {
                        *byte = first;
                    }
                    *filled += 1;
                    bytes = rest;
                    if *filled == header.len() {
                        let [kind, length @ ..] = *header;
                        let left = usize::try_from(u32::from_be_bytes(length))
                            .ok()
                            .and_then(|all| all.checked_sub(4));
                        let left =
                            left.ok_or_else(|| io::Error::other("a message has an impossible length"))?;
                        self.line.begins(kind, left)?;
                        self.place = match (kind, left) {
                            (READY_FOR_QUERY, 1) => Place::Status,
                            (_, 0) => Place::START,
                            _ => Place::Body { left },
                        };
                    }
                }
                Place::Status => {
                    self.line.status.store(first, Ordering::Release);
                    self.place = Place::START;
                    bytes = rest;
                }
                Place::Body { left } => {
                    let skipped = (*left).min(bytes.len());
                    *left -= skipped;
                    bytes = bytes.get(skipped..).unwrap_or_default();
                    if *left == 0 {
                        self.place = Place::START;
                    }
                }
            }
        }
        Ok(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Observed<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
        Poll::Ready(this.read(buffer.filled().get(before..).unwrap_or_default()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Observed<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.stream).poll_write(cx, bytes))?;
        this.line.written_bytes.fetch_add(written as u64, Ordering::AcqRel);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[kind], &length.to_be_bytes()[..], body].concat()
    }

    fn observed() -> Observed<()> {
        Observed::new((), Arc::new(Line::new(100)))
    }

    #[test]
    fn a_status_is_found_however_the_bytes_are_cut() {
        let start = [message(b'S', b"TimeZone\0UTC\0"), message(b'Z', b"I")].concat();
        let begin =
            [message(b'2', b""), message(b'D', b"ZZZZZZZZZ"), message(b'C', b"BEGIN\0"), message(b'Z', b"T")]
                .concat();
        for size in 1..=begin.len() {
            let mut observed = observed();
            let mut read = |bytes: &[u8]| {
                bytes.chunks(size).for_each(|piece| observed.read(piece).unwrap());
                (observed.line.is_idle(), observed.line.is_altered())
            };
            assert_eq!(read(&start), (true, false), "pieces of {size}");
            assert_eq!(read(&begin), (false, false), "pieces of {size}");
        }
    }

    #[test]
    fn a_parameter_after_the_start_up_is_a_change() {
        let mut observed = observed();
        observed.read(&message(b'Z', b"I")).unwrap();
        observed.read(&message(b'S', b"TimeZone\0UTC\0")).unwrap();
        assert!(observed.line.is_altered());
    }

    #[test]
    fn a_row_that_is_too_long_is_refused_at_its_header() {
        let mut observed = observed();
        observed.read(&message(b'D', &[0; 100])).unwrap();
        assert!(observed.read(&[b'D', 0, 0, 0, 105]).is_err());
        assert!(observed.line.is_oversized());
    }

    #[test]
    fn an_impossible_length_is_an_error() {
        assert!(observed().read(&[b'Z', 0, 0, 0, 3]).is_err());
    }
}
