//! A customer's own orders: which they are from his list, each from its view. No database is asked.

use serde::Deserialize;
use tradepost_endpoint::{Admitted, Page, Reply};
use tradepost_ids::{OrderId, UserId};
use tradepost_ordering::Status;
use tradepost_problem::Problem;
use uuid::Uuid;

use crate::ports::tradepost::ordering::customer_orders::{ListError, ListedOrder, Part, read};
use crate::ports::tradepost::ordering::order_views::{OrderView, ViewError, get_all};

/// All that a view is looked into for.
#[derive(Deserialize)]
pub(crate) struct StatusOf<'v> {
    status: &'v str,
}

impl<'v> StatusOf<'v> {
    /// The status that a view shows.
    pub(crate) fn read(view: &'v [u8]) -> Option<&'v str> {
        serde_json::from_slice(view).ok().map(|Self { status }| status)
    }
}

/// A page of the customer's orders.
///
/// The list says which orders there are; what they are, their views say, which may be newer: an order whose view has left
/// the status that is asked for is left out, and the list is read on until the page is full.
pub(crate) async fn list(
    request: &Admitted,
    page: &Page<OrderId>,
    customer: UserId,
    status: Option<Status>,
) -> Result<Reply, Problem> {
    let wanted = page.limit() + 1;
    let enough = usize::try_from(wanted).map_err(Problem::internal)?;
    let mut part = match (page.starting_after(), page.ending_before()) {
        (Some(id), _) => Part::After(id.as_uuid().to_string()),
        (None, Some(id)) => Part::Before(id.as_uuid().to_string()),
        (None, None) => Part::Beginning,
    };
    let mut items = Vec::new();
    loop {
        let selected = status.map(|status| status.as_str().to_owned());
        let listed = read(customer.as_uuid().to_string(), part.clone(), selected, wanted)
            .await
            .map_err(list_problem)?;
        let next = match &part {
            Part::Before(_) => listed.first().map(|order| Part::Before(order.order_id.clone())),
            Part::After(_) | Part::Beginning => {
                listed.last().map(|order| Part::After(order.order_id.clone()))
            }
        };
        let is_last = listed.len() < enough;
        let shown = views_of(listed, customer, status).await?;
        if let Part::Before(_) = part {
            items.splice(0..0, shown);
        } else {
            items.extend(shown);
        }
        match next {
            Some(next) if !is_last && items.len() < enough => part = next,
            _ => break,
        }
    }
    let (items, has_more) = page.cut(items);
    Reply::list_json(request, page, &items, has_more)
}

/// The views of those of these orders that are the customer's and have the status. One whose view is not there yet comes
/// with its events.
async fn views_of(
    listed: Vec<ListedOrder>,
    customer: UserId,
    status: Option<Status>,
) -> Result<Vec<(OrderId, Vec<u8>)>, Problem> {
    let ids: Vec<String> = listed.into_iter().map(|order| order.order_id).collect();
    let views = get_all(ids.clone()).await.map_err(|error| match error {
        ViewError::Unavailable(cause) => Problem::unavailable(cause),
        ViewError::Other(cause) => Problem::internal(cause),
    })?;
    let customer = customer.to_string();
    let is_wanted = |view: &OrderView| {
        view.owner == customer
            && status.is_none_or(|status| StatusOf::read(&view.body) == Some(status.as_str()))
    };
    let mut shown = Vec::with_capacity(views.len());
    for (id, view) in ids.iter().zip(views) {
        if let Some(view) = view.filter(is_wanted) {
            let id = Uuid::try_parse(id).map_err(Problem::internal)?;
            shown.push((OrderId::from_uuid(id), view.body));
        }
    }
    Ok(shown)
}

fn list_problem(error: ListError) -> Problem {
    match error {
        ListError::Unavailable(cause) => Problem::unavailable(cause),
        ListError::Other(cause) => Problem::internal(cause),
    }
}
