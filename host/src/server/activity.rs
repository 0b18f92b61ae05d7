//! What is under way on one connection: whether anybody still uses it, and whether he takes what he is given.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::sync::Notify;
use wasmtime_wasi_http::{Error, WasiBody};

/// The requests of a connection.
#[derive(Debug)]
pub(super) struct Activity {
    state: Mutex<State>,
    /// Told when a client has broken off more than it may.
    pub(super) abused: Notify,
    /// How many requests a client may break off beyond those that it let be answered.
    broken_off_most: u32,
}

#[derive(Debug)]
struct State {
    /// The requests under way, by number, with the moment at which the answer began, if it has.
    under_way: Vec<(u64, Option<Instant>)>,
    begun: u64,
    answered: u64,
    broken_off: u64,
    quiet_since: Instant,
}

/// What a look at a connection shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Whether any request was ever made on it.
    pub(super) used: bool,
    /// Since when no request has been under way, if none is.
    pub(super) quiet_since: Option<Instant>,
    /// When the answer began that has been on its way the longest.
    pub(super) oldest_answer: Option<Instant>,
}

impl Activity {
    pub(super) fn new(broken_off_most: u32) -> Arc<Self> {
        let state = State {
            under_way: Vec::new(),
            begun: 0,
            answered: 0,
            broken_off: 0,
            quiet_since: Instant::now(),
        };
        Arc::new(Self { state: Mutex::new(state), abused: Notify::new(), broken_off_most })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes the begin of a request.
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        let mut state = self.state();
        let number = state.begun;
        state.begun += 1;
        state.under_way.push((number, None));
        UnderWay { activity: self.clone(), number, done: false }
    }

    pub(super) fn look(&self) -> Look {
        let state = self.state();
        Look {
            used: state.begun > 0,
            quiet_since: state.under_way.is_empty().then_some(state.quiet_since),
            oldest_answer: state.under_way.iter().filter_map(|(_, began)| *began).min(),
        }
    }
}

/// A request that is under way until this is dropped.
#[derive(Debug)]
pub(super) struct UnderWay {
    activity: Arc<Activity>,
    number: u64,
    done: bool,
}

impl UnderWay {
    /// Which request of its connection it is, from 0.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Notes that its answer has begun.
    fn answer(&self) {
        let mut state = self.activity.state();
        if let Some((_, began)) = state.under_way.iter_mut().find(|(number, _)| *number == self.number) {
            *began = Some(Instant::now());
        }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        if let Some(at) = state.under_way.iter().position(|(number, _)| *number == self.number) {
            state.under_way.swap_remove(at);
        }
        state.quiet_since = Instant::now();
        if self.done {
            state.answered += 1;
        } else {
            state.broken_off += 1;
            if state.broken_off > state.answered + u64::from(self.activity.broken_off_most) {
                self.activity.abused.notify_one();
            }
        }
    }
}

pin_project! {
    /// An answer's body, which keeps its request under way until it was taken whole.
    pub(super) struct Taken {
        #[pin]
        body: WasiBody,
        under_way: UnderWay,
    }
}

impl Taken {
    pub(super) fn new(body: WasiBody, mut under_way: UnderWay) -> Self {
        under_way.answer();
        under_way.done = body.is_end_stream();
        Self { body, under_way }
    }
}

impl Body for Taken {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = self.project();
        let body: Pin<&mut WasiBody> = this.body;
        let frame = body.poll_frame(context);
        if let Poll::Ready(None | Some(Ok(_))) = frame {
            // Whoever takes a part of an answer has not asked in order to break off.
            this.under_way.done = true;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::Activity;

    #[test]
    fn a_connection_is_quiet_when_its_last_request_has_ended() {
        let activity = Activity::new(1);
        assert!(!activity.look().used && activity.look().quiet_since.is_some());
        let (first, second) = (activity.begin(), activity.begin());
        assert_eq!((first.number(), second.number()), (0, 1));
        drop(first);
        assert!(activity.look().used && activity.look().quiet_since.is_none());
        assert_eq!(activity.look().oldest_answer, None);
        second.answer();
        assert!(activity.look().oldest_answer.is_some());
        drop(second);
        assert!(activity.look().quiet_since.is_some());
    }

    #[tokio::test]
    async fn whoever_breaks_off_more_than_he_takes_is_found_out() {
        use futures::FutureExt as _;
        let activity = Activity::new(2);
        for _ in 0..2 {
            drop(activity.begin());
        }
        assert!(activity.abused.notified().now_or_never().is_none());
        let mut taken = activity.begin();
        taken.done = true;
        drop(taken);
        drop(activity.begin());
        assert!(activity.abused.notified().now_or_never().is_none());
        drop(activity.begin());
        assert!(activity.abused.notified().now_or_never().is_some());
    }
}
