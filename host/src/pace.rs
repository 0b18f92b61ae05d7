//! A request's body that must arrive at a pace: a client that sends a byte now and then would hold an instance.

use crate::limits::Limits;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, Sleep, sleep_until};
use wasmtime_wasi_http::{Error, WasiBody};

/// Gives `body` its pace. The receiver hears when it has fallen behind; an error means that it never will.
pub(crate) fn paced(body: WasiBody, limits: &Limits) -> (WasiBody, oneshot::Receiver<()>) {
    let (late, told) = oneshot::channel();
    if body.is_end_stream() {
        return (body, told);
    }
    let paced = Paced {
        body,
        patience: limits.body_patience,
        bytes_per_second: limits.body_bytes_per_second.max(1),
        waited: Duration::ZERO,
        received: 0,
        waiting: None,
        alarm: sleep_until(Instant::now()),
        late: Some(late),
    };
    (paced.boxed_unsync(), told)
}

pin_project! {
    struct Paced {
        #[pin]
        body: WasiBody,
        patience: Duration,
        bytes_per_second: u64,
        // How long the component has waited in all. While it does not read, the client is not to blame.
        waited: Duration,
        received: u64,
        waiting: Option<Instant>,
        #[pin]
        alarm: Sleep,
        late: Option<oneshot::Sender<()>>,
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let mut this = self.project();
        let body: Pin<&mut WasiBody> = this.body;
        if let Poll::Ready(frame) = body.poll_frame(context) {
            if let Some(since) = this.waiting.take() {
                *this.waited += since.elapsed();
            }
            if let Some(Ok(data)) = frame.as_ref().map(|frame| frame.as_ref().map(Frame::data_ref)) {
                *this.received += data.map_or(0, |data| data.len() as u64);
            }
            return Poll::Ready(frame);
        }
        let since = *this.waiting.get_or_insert_with(Instant::now);
        let earned = Duration::from_millis(this.received.saturating_mul(1000) / *this.bytes_per_second);
        let end = since + (*this.patience + earned).saturating_sub(*this.waited);
        if this.alarm.deadline() != end {
            this.alarm.as_mut().reset(end);
        }
        ready!(this.alarm.poll(context));
        if let Some(late) = this.late.take() {
            // Nobody listens once the answer is on its way, and the body is of no interest then.
            let _ = late.send(());
        }
        Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
