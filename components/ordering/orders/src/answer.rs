//! What the customer gets: the answer, the first time and every time it is asked for again, and the order's view.

use futures::future::join;
use tradepost_endpoint::{Admitted, Reply};
use tradepost_ids::OrderId;
use tradepost_order_access::owner;
use tradepost_ordering::Owner;
use tradepost_problem::success_body_from_json;

use crate::ports::tradepost::ordering::customer_orders_updates::note_recent;
use crate::ports::tradepost::ordering::order_journal::ReplayedAnswer;
use crate::ports::tradepost::ordering::order_view_updates::{OrderView, put_recent};
use crate::waiting;

/// Answers for the first time, after showing the order as `view` at `version` of its stream; when the client prefers to
/// wait, with what has become of it by then.
pub(crate) async fn first(
    request: &Admitted,
    id: OrderId,
    version: u64,
    view: Vec<u8>,
    mut answer: ReplayedAnswer,
) -> Reply {
    show(request, id, version, view).await;
    let outcome = waiting::for_outcome(request, id).await;
    if let Some(view) = outcome.as_ref().and_then(|outcome| outcome.view.as_deref()) {
        answer.body = success_body_from_json(view);
    }
    let reply = Reply::enveloped(answer.status, answer.body);
    let reply = match answer.location {
        Some(location) => reply.header("location", location),
        None => reply,
    };
    match outcome {
        Some(outcome) => reply.header("preference-applied", outcome.wait.applied()),
        None => reply,
    }
}

/// Answers as the first time, and so without waiting. That run may have ended between the commit and the view, so the
/// view is written now, unless a newer one is there.
pub(crate) async fn again(request: &Admitted, answer: ReplayedAnswer) -> Reply {
    if let Some((id, view)) = order_in(&answer) {
        // What was answered when the order was placed is what its first event made of it.
        show(request, id, 1, view.to_vec()).await;
    }
    Reply::replayed(answer.status, answer.location, answer.body)
}

/// Shows the order to its customer at once, by itself and in his list. A courtesy: the order is placed with or without it.
async fn show(request: &Admitted, id: OrderId, version: u64, body: Vec<u8>) {
    let owner = owner(request);
    let order = id.as_uuid().to_string();
    let shown = put_recent(order.clone(), OrderView { version, owner: owner.to_string(), body });
    let listed = async {
        match owner {
            Owner::Customer(customer) => note_recent(customer.as_uuid().to_string(), order).await,
            Owner::Anonymous => Ok(()),
        }
    };
    let (shown, listed) = join(shown, listed).await;
    if let Err(error) = shown {
        request.log(format_args!("the view of {id} was not written: {error:?}"));
    }
    if let Err(error) = listed {
        request.log(format_args!("{id} was not listed: {error:?}"));
    }
}

/// The order that a kept answer tells of, without its envelope.
fn order_in(answer: &ReplayedAnswer) -> Option<(OrderId, &[u8])> {
    let id = answer.location.as_deref()?.strip_prefix("/orders/")?.parse().ok()?;
    let view = answer.body.strip_prefix(br#"{"ok":true,"data":"#)?.strip_suffix(br#","error":null}"#)?;
    Some((id, view))
}
