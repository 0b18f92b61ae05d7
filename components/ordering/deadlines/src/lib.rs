//! A POST, which the tick makes, ends all orders that have waited for too long: for stock and payment, for somebody to
//! look at them, or to be sent.

use std::time::Duration;

use tradepost_chance::now;
use tradepost_ids::OrderId;
use tradepost_order_entry::{entry_of, order_of};
use tradepost_ordering::{Command, Deadlines, Draft, Status};
use tradepost_private_route as route;
use tradepost_private_route::wasip3::http::types::{Request, Response};
use tradepost_timestamp::Timestamp;
use uuid::Uuid;

mod settings;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:ordering-deadlines;

            world component {
                import tradepost:ordering/order-deadlines@0.1.0;
                import tradepost:ordering/order-journal@0.1.0;
            }
        ",
        path: "../../../wit/ordering",
        generate_all,
    });
}

use ports::tradepost::ordering::order_deadlines::{DeadlineError, Limit, due};
use ports::tradepost::ordering::order_journal::{
    self as journal, AppendAllError, Entry, LoadError, Outcome, RecordedEvent,
};

/// Who the audit says it was.
const ACTOR: &str = "ordering-deadlines";

/// How many orders of each status one statement ends.
const SWEEP: u32 = 100;

/// How many sweeps one call makes at most. What is left then, the next tick finds.
const MOST_SWEEPS: usize = 100;

/// Why a call ends before all is done.
enum Failure {
    Unavailable(String),
    Other(String),
}

route::private_route!(end_overdue);

async fn end_overdue(request: Request) -> Response {
    if let Err(refusal) = route::only_post(&request) {
        return refusal;
    }
    let deadlines = match settings::read().await {
        Ok(deadlines) => deadlines,
        Err(cause) => return route::text(500, &cause),
    };
    let (ended, outcome) = end_all(deadlines).await;
    match outcome {
        Ok(()) => route::json(200, format!("{{\"ended\":{ended}}}").into_bytes()),
        Err(Failure::Unavailable(cause)) => route::text(503, &cause),
        Err(Failure::Other(cause)) => route::text(500, &cause),
    }
}

/// How many were ended, also when a failure was the end of it.
async fn end_all(deadlines: Deadlines) -> (usize, Result<(), Failure>) {
    let mut ended = 0;
    for _ in 0..MOST_SWEEPS {
        match end_some(deadlines, now()).await {
            // What is left is in somebody else's hands now, or there is nothing.
            Ok(0) => break,
            Ok(count) => ended += count,
            Err(failure) => return (ended, Err(failure)),
        }
    }
    (ended, Ok(()))
}

async fn end_some(deadlines: Deadlines, now: Timestamp) -> Result<usize, Failure> {
    let limit = |status: Status, patience: Duration| {
        let patience = i64::try_from(patience.as_micros()).unwrap_or(i64::MAX);
        Limit { status: status.as_str().to_owned(), since: now.as_micros().saturating_sub(patience) }
    };
    let limits = vec![
        limit(Status::Pending, deadlines.pending),
        limit(Status::OnHold, deadlines.on_hold),
        limit(Status::Placed, deadlines.placed),
    ];
    let ids = due(limits, SWEEP).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let streams = journal::load_all(ids.clone()).await?;
    let mut entries = Vec::with_capacity(ids.len());
    let mut broken = Vec::new();
    for (id, stream) in ids.iter().zip(&streams) {
        match entry_after(id, stream, deadlines, now) {
            Ok(entry) => entries.extend(entry),
            // It must not keep the others waiting.
            Err(cause) => broken.push(format!("order {id}: {cause}")),
        }
    }
    let outcomes = journal::append_all(entries).await?;
    let ended = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::AtVersion(_))).count();
    if ended == 0 && !broken.is_empty() {
        return Err(Failure::Other(broken.join("; ")));
    }
    Ok(ended)
}

/// What time has made of the order that `stream` tells of; `None` when it is not due any more.
fn entry_after(
    id: &str,
    stream: &[RecordedEvent],
    deadlines: Deadlines,
    now: Timestamp,
) -> Result<Option<Entry>, String> {
    let id = Uuid::try_parse(id).map_err(|error| error.to_string())?;
    let order = order_of!(stream).map_err(|error| error.to_string())?;
    let mut draft = Draft::of(OrderId::from_uuid(id), order);
    let is_changed =
        draft.command(Command::TimeOut { deadlines }, None, now).map_err(|refusal| format!("{refusal:?}"))?;
    if !is_changed {
        return Ok(None);
    }
    entry_of!(journal, &draft, ACTOR, None).map(Some).map_err(|error| error.to_string())
}

impl From<DeadlineError> for Failure {
    fn from(error: DeadlineError) -> Self {
        match error {
            DeadlineError::Unavailable(cause) => Self::Unavailable(cause),
            DeadlineError::Other(cause) => Self::Other(cause),
        }
    }
}

impl From<LoadError> for Failure {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Unavailable(cause) => Self::Unavailable(cause),
            LoadError::Other(cause) => Self::Other(cause),
        }
    }
}

impl From<AppendAllError> for Failure {
    fn from(error: AppendAllError) -> Self {
        match error {
            AppendAllError::Unavailable(cause) => Self::Unavailable(cause),
            AppendAllError::Other(cause) => Self::Other(cause),
        }
    }
}
