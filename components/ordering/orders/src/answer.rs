//! What the customer gets: the answer, the first time and every time it is asked for again, and the order's view.

use tradepost_endpoint::{Admitted, Reply};
use tradepost_ids::OrderId;

use crate::OWNER;
use crate::ports::tradepost::ordering::order_journal::ReplayedAnswer;
use crate::ports::tradepost::ordering::order_view_updates::{OrderView, ViewError, put_recent};

/// Answers for the first time, after showing the order as `view` at `version` of its stream.
pub(crate) async fn first(
    request: &Admitted,
    id: OrderId,
    version: u64,
    view: Vec<u8>,
    answer: ReplayedAnswer,
) -> Reply {
    let shown = put_recent(id.as_uuid().to_string(), order_view(version, view)).await;
    note(request, id, shown);
    reply(answer)
}

/// Answers as the first time. That run may have ended between the commit and the view, so the view is written now,
/// unless a newer one is there.
pub(crate) async fn again(request: &Admitted, answer: ReplayedAnswer) -> Reply {
    if let Some((id, view)) = order_in(&answer) {
        // What was answered when the order was placed is what its first event made of it.
        let shown = put_recent(id.as_uuid().to_string(), order_view(1, view.to_vec())).await;
        note(request, id, shown);
    }
    Reply::replayed(answer.status, answer.location, answer.body)
}

fn order_view(version: u64, body: Vec<u8>) -> OrderView {
    OrderView { version, owner: OWNER.to_string(), body }
}

/// A view is a courtesy. The order is placed with or without it.
fn note(request: &Admitted, id: OrderId, shown: Result<(), ViewError>) {
    if let Err(error) = shown {
        request.log(format_args!("the view of {id} was not written: {error:?}"));
    }
}

/// The order that a kept answer tells of, without its envelope.
fn order_in(answer: &ReplayedAnswer) -> Option<(OrderId, &[u8])> {
    let id = answer.location.as_deref()?.strip_prefix("/orders/")?.parse().ok()?;
    let view = answer.body.strip_prefix(br#"{"ok":true,"data":"#)?.strip_suffix(br#","error":null}"#)?;
    Some((id, view))
}

fn reply(answer: ReplayedAnswer) -> Reply {
    let reply = Reply::enveloped(answer.status, answer.body);
    match answer.location {
        Some(location) => reply.header("location", location),
        None => reply,
    }
}
