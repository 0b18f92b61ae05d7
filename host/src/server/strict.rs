//! An HTTP/1.1 stream that passes on whole, unambiguous requests only.
//!
//! The protocol library reads leniently in places, and answers what it does not read with an empty body or not at all.
//! So it gets to see no head that [`framing`] refuses. In the place of a refused one it sees a plain request, whose
//! answer is then the refusal: in its turn among pipelined ones, and with a request id and a log line like any other.

use super::chunks::Chunks;
use super::head::{Framing, HEAD_BYTES, framing};
use crate::answer::Refusal;
use bytes::{Buf as _, Bytes, BytesMut};
use std::future::Future as _;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// What stands in for a request that is refused. It has no body and is the last on its connection.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// How much is read of what a client still sends after the end of the answers, and for how long. A socket that is closed
/// with something unread in it takes the last answer away from the client.
const LINGER_BYTES: usize = 32 << 20;
const LINGER: Duration = Duration::from_secs(1);

/// How much is read at once.
const READ_BYTES: usize = 8 << 10;

/// The refusal of one request of a connection, and which it is, from 0.
pub(super) type Refused = Arc<OnceLock<(u64, Refusal)>>;

/// See the module.
pub(super) struct Strict<S> {
    stream: S,
    /// Read and not yet passed on, nor looked at beyond `looked_at`.
    read: BytesMut,
    looked_at: usize,
    /// To be passed on.
    passed: Bytes,
    place: Place,
    heads: u64,
    refused: Refused,
    head_wait: Duration,
    head_deadline: Option<Pin<Box<Sleep>>>,
    linger: Option<(usize, Pin<Box<Sleep>>)>,
}

enum Place {
    Head,
    Body(u64),
    Chunks(Chunks),
    Refused,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Strict<S> {
    /// Heads must arrive within `head_wait` of their first byte.
    pub(super) fn new(stream: S, head_wait: Duration, refused: Refused) -> Self {
        Self {
            stream,
            read: BytesMut::new(),
            looked_at: 0,
            passed: Bytes::new(),
            place: Place::Head,
            heads: 0,
            refused,
            head_wait,
            head_deadline: None,
            linger: None,
        }
    }

    fn refuse(&mut self, refusal: Refusal) {
        // Nothing is read after the first refusal, so there is no second.
        let _ = self.refused.set((self.heads, refusal));
        self.read.clear();
        self.passed = Bytes::from_static(STAND_IN);
        self.place = Place::Refused;
    }

    /// Passes on what can be of what was read. Nothing is there to pass on afterwards if more has to be read.
    fn advance(&mut self) -> io::Result<()> {
        match &mut self.place {
            Place::Head => self.advance_head(),
            Place::Body(left) => {
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(self.read.len());
                self.passed = self.read.split_to(here).freeze();
                *left -= here as u64;
                if *left == 0 {
                    self.place = Place::Head;
                }
            }
            Place::Chunks(chunks) => {
                let here = chunks.follow(&self.read).map_err(|_| {
                    io::Error::new(io::ErrorKind::InvalidData, "the body's chunks are malformed")
                })?;
                if chunks.is_done() {
                    self.place = Place::Head;
                }
                self.passed = self.read.split_to(here).freeze();
            }
            Place::Refused => self.read.clear(),
        }
        Ok(())
    }

    fn advance_head(&mut self) {
        // Empty lines before a request are leftovers of careless clients (RFC 9112 2.2).
        while self.looked_at == 0 && self.read.starts_with(b"\r\n") {
            self.read.advance(2);
        }
        let mut previous = self.looked_at.checked_sub(1).and_then(|at| self.read.get(at)).copied();
        let mut end = None;
        for (at, byte) in self.read.iter().copied().enumerate().skip(self.looked_at) {
            match (previous, byte) {
                (Some(b'\r'), b'\n')
                    if self.read.get(..=at).is_some_and(|head| head.ends_with(b"\r\n\r\n")) =>
                {
                    end = Some(at + 1);
                    break;
                }
                (Some(b'\r'), b'\n') => {}
                (Some(b'\r'), _) | (_, b'\n') => {
                    return self.refuse(Refusal::Malformed("A line does not end in CR and LF"));
                }
                _ => {}
            }
            previous = Some(byte);
        }
        match end {
            Some(end) if end > HEAD_BYTES => self.refuse(Refusal::HeadTooLarge),
            Some(end) => match framing(self.read.get(..end).unwrap_or_default()) {
                Ok(framing) => {
                    self.heads += 1;
                    self.looked_at = 0;
                    self.head_deadline = None;
                    self.passed = self.read.split_to(end).freeze();
                    self.place = match framing {
                        Framing::Length(0) => Place::Head,
                        Framing::Length(length) => Place::Body(length),
                        Framing::Chunked => Place::Chunks(Chunks::new()),
                    };
                }
                Err(refusal) => self.refuse(refusal),
            },
            None if self.read.len() > HEAD_BYTES => {
                // A target that fills the head all by itself is what is too long about it.
                let line = self.read.iter().position(|byte| *byte == b'\r').unwrap_or(self.read.len());
                let too_long = line > super::head::TARGET_BYTES;
                self.refuse(if too_long { Refusal::TargetTooLong } else { Refusal::HeadTooLarge });
            }
            None => self.looked_at = self.read.len(),
        }
    }

    /// Reads more, or finds that the head took too long.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if matches!(self.place, Place::Head) && !self.read.is_empty() {
            let wait = self.head_wait;
            let deadline =
                self.head_deadline.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + wait)));
            if deadline.as_mut().poll(context).is_ready() {
                self.refuse(Refusal::HeadTooSlow);
                return Poll::Ready(Ok(self.passed.len()));
            }
        }
        poll_read_into(&mut self.stream, context, &mut self.read)
    }
}

fn poll_read_into<S: AsyncRead + Unpin>(
    stream: &mut S,
    context: &mut Context<'_>,
    into: &mut BytesMut,
) -> Poll<io::Result<usize>> {
    let mut space = [MaybeUninit::uninit(); READ_BYTES];
    let mut buffer = ReadBuf::uninit(&mut space);
    ready!(Pin::new(stream).poll_read(context, &mut buffer))?;
    into.extend_from_slice(buffer.filled());
    Poll::Ready(Ok(buffer.filled().len()))
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Strict<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            if !this.passed.is_empty() {
                let length = this.passed.len().min(buffer.remaining());
                buffer.put_slice(this.passed.get(..length).unwrap_or_default());
                this.passed.advance(length);
                return Poll::Ready(Ok(()));
            }
            if matches!(this.place, Place::Refused) {
                // The answer is being written; whatever else the client sends is of no interest.
                return Poll::Pending;
            }
            if !this.read.is_empty() {
                this.advance()?;
                if !this.passed.is_empty() {
                    continue;
                }
            }
            if ready!(this.poll_more(context))? == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Strict<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(context))?;
        }
        let (left, deadline) =
            this.linger.get_or_insert_with(|| (LINGER_BYTES, Box::pin(sleep_until(Instant::now() + LINGER))));
        loop {
            if deadline.as_mut().poll(context).is_ready() {
                return Poll::Ready(Ok(()));
            }
            this.read.clear();
            match ready!(poll_read_into(&mut this.stream, context, &mut this.read)) {
                // The other side has closed too, or is gone.
                Ok(0) | Err(_) => return Poll::Ready(Ok(())),
                Ok(length) => match left.checked_sub(length) {
                    Some(rest) => *left = rest,
                    None => return Poll::Ready(Ok(())),
                },
            }
        }
    }
}
