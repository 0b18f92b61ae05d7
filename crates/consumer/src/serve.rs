//! From a request to its answer.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use tradepost_private_route as route;
use wasip3::clocks::monotonic_clock;
use wasip3::http::types::{Request, Response};

use crate::answer::answer;
use crate::batch::{Batch, MOST_EVENTS, Unreadable};
use crate::{CloudEvent, Outcome};

/// The largest batch that is read: 8 MiB.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// How long a consumer may take. Shorter than the relay's lease of 60 s by far, so that no late effect of a turn that
/// was given up lands after a newer one.
const DEADLINE_SECONDS: u64 = 10;

const BATCH: &str = "application/cloudevents-batch+json";
const EVENT: &str = "application/cloudevents+json";

/// Answers one request: 405, 415, 413 or 400 for what is no batch; 200 when every event was applied, else 503.
pub async fn serve(request: Request, apply: impl AsyncFn(&[CloudEvent]) -> Vec<Outcome>) -> Response {
    match outcomes(request, apply).await {
        Ok(response) | Err(response) => response,
    }
}

async fn outcomes(
    request: Request,
    apply: impl AsyncFn(&[CloudEvent]) -> Vec<Outcome>,
) -> Result<Response, Response> {
    route::only_post(&request)?;
    let content_type = request.get_headers().get("content-type").pop().unwrap_or_default();
    let read = match route::essence(&content_type).as_str() {
        BATCH => Batch::read,
        EVENT => Batch::read_one,
        _ => return Err(route::text(415, &format!("The body must be {BATCH} or {EVENT}"))),
    };
    let batch = read(&route::read(request, MOST_BYTES).await?).map_err(|unreadable| match unreadable {
        Unreadable::Malformed(words) => route::text(400, &words),
        Unreadable::TooMany => route::text(413, &format!("A batch may have {MOST_EVENTS} events")),
    })?;

    let deadline = monotonic_clock::wait_for(DEADLINE_SECONDS * 1_000_000_000);
    let outcomes = if batch.events.is_empty() {
        Vec::new()
    } else {
        let late = || vec![Outcome::Failed("The consumer took too long".to_owned()); batch.events.len()];
        first(apply(&batch.events), deadline).await.unwrap_or_else(late)
    };
    answer(&batch.answers(outcomes))
        .map(|(status, body)| route::json(status, body))
        .map_err(|error| route::text(500, &error.to_string()))
}

/// What `work` returns, or `None` when `deadline` is over first; the work is dropped then, and with it the host
/// calls that it waits for.
async fn first<T>(work: impl Future<Output = T>, deadline: impl Future<Output = ()>) -> Option<T> {
    let mut work = pin!(work);
    let mut deadline = pin!(deadline);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => deadline.as_mut().poll(context).map(|()| None),
    })
    .await
}
