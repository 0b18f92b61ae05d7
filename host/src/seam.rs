//! The seam through which every host call passes: where a test can watch, delay or fail a call, lose its reply,
//! or kill the guest before or after it.
//!
//! With no seam installed the cost is one branch a call.

use crate::request::RequestRecord;
use futures::future::BoxFuture;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One call from a guest to the host.
#[derive(Clone, Debug)]
pub struct HostCall {
    /// The component whose instance is calling: its id in the manifest.
    pub component: Arc<str>,
    /// The request on whose behalf the guest calls, where that is known; also after its response.
    pub request: Option<Arc<RequestRecord>>,
    /// Which of the request's host calls this is, from 1; of the host's when no request is known.
    pub ordinal: u32,
    /// Which it is among those of the client's request and of all that components sent to each other because of
    /// it, from 1; as `ordinal` when no request is known.
    pub cascade_ordinal: u32,
    /// The imported interface without its version, such as `spin:postgres/postgres`.
    pub interface: &'static str,
    /// The function, such as `query`.
    pub function: &'static str,
    /// Size of the arguments' variable part, in bytes.
    pub argument_bytes: usize,
}

impl HostCall {
    /// The id of the request, where that is known.
    pub fn request_id(&self) -> Option<&str> {
        self.request.as_deref().map(|request| &**request.id())
    }

    /// The id of the client's request that all this began with, where that is known.
    pub fn cascade_id(&self) -> Option<&str> {
        self.request.as_deref().map(|request| &**request.cascade_id())
    }
}

/// How a host call ended, before the guest hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The function answered.
    Answered,
    /// The function answered with its error type.
    Failed,
}

/// What becomes of a call that has not been made yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// Make it.
    Proceed,
    /// Do not make it; the guest gets the function's error type with this text.
    Fail(String),
    /// Do not make it; the guest traps.
    Kill,
}

/// What becomes of the answer to a call that has been made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// The guest gets it.
    Deliver,
    /// The effect stays, the answer is lost; the guest gets the function's error type with this text.
    Lose(String),
    /// The effect stays; the guest traps.
    Kill,
}

/// A test's hand on the host calls. Delaying is awaiting inside either method.
pub trait Seam: Send + Sync + 'static {
    /// Called before the effect.
    fn before<'a>(&'a self, call: &'a HostCall) -> BoxFuture<'a, Before>;

    /// Called after the effect, before the guest hears of it.
    fn after<'a>(&'a self, call: &'a HostCall, outcome: Outcome, took: Duration) -> BoxFuture<'a, After>;

    /// Called when an instance has ended, with the requests that it still remembers and the fuel that it has used since it
    /// was made, where the engine counts that.
    fn ended(&self, component: &str, requests: &[Arc<RequestRecord>], fuel: Option<u64>) {
        let _ = (component, requests, fuel);
    }
}

/// The trap of a guest that a [`Seam`] killed.
#[derive(Debug)]
pub struct Killed;

impl fmt::Display for Killed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the guest was killed at a host call by the test that watches it")
    }
}

impl std::error::Error for Killed {}

/// Makes `call` by polling `effect`, the way `seam` says. `fail` turns a text into the function's error type.
pub(crate) async fn pass<T, E>(
    seam: Option<&Arc<dyn Seam>>,
    call: impl FnOnce() -> HostCall,
    fail: impl Fn(String) -> E,
    effect: impl Future<Output = Result<T, E>>,
) -> wasmtime::Result<Result<T, E>> {
    let Some(seam) = seam else { return Ok(effect.await) };
    let call = call();
    match seam.before(&call).await {
        Before::Proceed => {}
        Before::Fail(text) => return Ok(Err(fail(text))),
        Before::Kill => return Err(Killed.into()),
    }
    let start = Instant::now();
    let answer = effect.await;
    let outcome = if answer.is_ok() { Outcome::Answered } else { Outcome::Failed };
    match seam.after(&call, outcome, start.elapsed()).await {
        After::Deliver => Ok(answer),
        After::Lose(text) => Ok(Err(fail(text))),
        After::Kill => Err(Killed.into()),
    }
}
