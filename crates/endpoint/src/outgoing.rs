//! An answer's body that is written as it comes about.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use wasip3::wit_bindgen::StreamWriter;

/// How much may wait to be sent. Clients that send all of a request before they read anything of the answer are
/// common; with this much they get away with a request of some 100,000 short lines, after which both would wait for
/// each other.
const MOST_WAITING_BYTES: usize = 8 << 20;

/// Small pieces are sent together until they have this many bytes.
const CHUNK_BYTES: usize = 64 * 1024;

/// What writes the body of an answer.
pub(crate) struct Writing(pub(crate) Box<dyn FnOnce(Outgoing) -> Written>);

/// The body is written.
pub(crate) type Written = Pin<Box<dyn Future<Output = ()>>>;

impl fmt::Debug for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stream")
    }
}

/// The way into the body of an answer that is under way. The body ends when this is dropped.
#[derive(Debug)]
pub struct Outgoing(Rc<RefCell<Queue>>);

/// Nobody reads the answer any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientGone;

#[derive(Debug, Default)]
struct Queue {
    /// In pieces that are sent one by one.
    waiting: VecDeque<Vec<u8>>,
    waiting_bytes: usize,
    /// Nothing more will be written.
    is_closed: bool,
    /// Nothing more will be read.
    is_abandoned: bool,
    /// Whoever waits for room, or for something to send.
    wakers: Vec<Waker>,
}

impl Queue {
    fn push(&mut self, bytes: &[u8]) {
        self.waiting_bytes += bytes.len();
        match self.waiting.back_mut() {
            Some(last) if last.len() + bytes.len() <= CHUNK_BYTES => last.extend_from_slice(bytes),
            _ => self.waiting.push_back(bytes.to_vec()),
        }
    }

    fn wake(&mut self) {
        for waker in self.wakers.drain(..) {
            waker.wake();
        }
    }
}

impl Outgoing {
    /// Adds to the body. It waits while the client lags far behind.
    pub async fn write(&self, bytes: &[u8]) -> Result<(), ClientGone> {
        poll_fn(|context| {
            let mut queue = self.0.borrow_mut();
            if queue.is_abandoned {
                return Poll::Ready(Err(ClientGone));
            }
            if queue.waiting_bytes > 0 && queue.waiting_bytes + bytes.len() > MOST_WAITING_BYTES {
                queue.wakers.push(context.waker().clone());
                return Poll::Pending;
            }
            queue.push(bytes);
            queue.wake();
            Poll::Ready(Ok(()))
        })
        .await
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        let mut queue = self.0.borrow_mut();
        queue.is_closed = true;
        queue.wake();
    }
}

/// Runs `writing` and, beside it, the sending of what it writes to `client`.
pub(crate) fn start(writing: Writing, mut client: StreamWriter<u8>, after: impl FnOnce() + 'static) {
    let queue = Rc::new(RefCell::new(Queue::default()));
    wasip3::spawn((writing.0)(Outgoing(Rc::clone(&queue))));
    wasip3::spawn(async move {
        while let Some(chunk) = next_chunk(&queue).await {
            if !client.write_all(chunk).await.is_empty() {
                let mut queue = queue.borrow_mut();
                queue.is_abandoned = true;
                queue.wake();
                break;
            }
        }
        drop(client);
        after();
    });
}

/// What is to be sent next; `None` when all is sent.
async fn next_chunk(queue: &RefCell<Queue>) -> Option<Vec<u8>> {
    poll_fn(|context| {
        let mut queue = queue.borrow_mut();
        match queue.waiting.pop_front() {
            Some(chunk) => {
                queue.waiting_bytes -= chunk.len();
                queue.wake();
                Poll::Ready(Some(chunk))
            }
            None if queue.is_closed => Poll::Ready(None),
            None => {
                queue.wakers.push(context.waker().clone());
                Poll::Pending
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::{CHUNK_BYTES, ClientGone, MOST_WAITING_BYTES, Outgoing, Queue, next_chunk};
    use std::cell::RefCell;
    use std::pin::pin;
    use std::rc::Rc;
    use std::task::{Context, Poll, Waker};

    fn poll<T>(future: impl Future<Output = T>) -> Poll<T> {
        pin!(future).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn what_is_written_is_sent_in_order_and_then_ends() {
        let queue = Rc::new(RefCell::new(Queue::default()));
        let out = Outgoing(Rc::clone(&queue));
        assert!(poll(next_chunk(&queue)).is_pending());
        let large = vec![b'x'; CHUNK_BYTES];
        for bytes in [&b"a\n"[..], b"b\n", &large] {
            assert_eq!(poll(out.write(bytes)), Poll::Ready(Ok(())));
        }
        assert_eq!(poll(next_chunk(&queue)), Poll::Ready(Some(b"a\nb\n".to_vec())));
        assert_eq!(poll(next_chunk(&queue)), Poll::Ready(Some(large)));
        drop(out);
        assert_eq!(poll(next_chunk(&queue)), Poll::Ready(None));
    }

    #[test]
    fn a_writer_waits_for_a_reader_that_lags_and_stops_for_one_that_is_gone() {
        let queue = Rc::new(RefCell::new(Queue::default()));
        let out = Outgoing(Rc::clone(&queue));
        assert!(poll(out.write(&vec![b'x'; MOST_WAITING_BYTES + 1])).is_ready(), "one write always fits");
        assert!(poll(out.write(b"y")).is_pending());
        assert!(poll(next_chunk(&queue)).is_ready());
        assert!(poll(out.write(b"y")).is_ready());
        queue.borrow_mut().is_abandoned = true;
        assert_eq!(poll(out.write(b"y")), Poll::Ready(Err(ClientGone)));
    }
}
