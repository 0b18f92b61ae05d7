//! Waiting for what becomes of an order, when the client prefers to.

use tradepost_endpoint::{Admitted, Wait};
use tradepost_ids::OrderId;

use crate::own::StatusOf;
use crate::ports::tradepost::ordering::order_views::{self, OrderView, ViewError};

/// What was waited for.
pub(crate) struct Outcome {
    /// As it was done.
    pub(crate) wait: Wait,
    /// The order as clients see it now; `None` when nothing has become of it yet.
    pub(crate) view: Option<Vec<u8>>,
}

/// Waits until the order is not pending any more, or the client would not wait longer; `None` when nobody waited. The
/// relay was kicked when the order was written, and brings what follows from it.
pub(crate) async fn for_outcome(request: &Admitted, id: OrderId) -> Option<Outcome> {
    let wait = request.preferred_wait()?;
    let order = id.as_uuid().to_string();
    let settled = tradepost_relay_kick::within(wait.duration(), async || {
        let view = order_views::get(order.clone()).await?;
        Ok::<_, ViewError>(view.filter(is_settled))
    });
    match settled.await {
        Ok(view) => Some(Outcome { wait, view: view.map(|view| view.body) }),
        // The order is placed. Whoever cannot be told more now is told that.
        Err(error) => {
            request.log(format_args!("nobody saw what became of {id}: {error:?}"));
            None
        }
    }
}

fn is_settled(view: &OrderView) -> bool {
    StatusOf::read(&view.body).is_some_and(|status| status != "pending")
}
