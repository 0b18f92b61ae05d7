//! Listing orders: a customer's own from the view store, everybody's for staff from the journal's heads.

use tradepost_endpoint::{Admitted, Page, Reply, Scope};
use tradepost_ids::{OrderId, UserId};
use tradepost_input::{Faulted, Field, Invalid, code};
use tradepost_ordering::Status;
use tradepost_problem::Problem;
use uuid::Uuid;

use crate::own;
use crate::ports::tradepost::ordering::order_search::{Filter, Order, Part, SearchError, search};

/// `GET /orders`.
pub(crate) async fn list(request: &Admitted) -> Result<Reply, Problem> {
    let sees_all = request.principal().may(Scope::OrdersRead);
    let (page, status, customer) = request.query(|query| {
        let page = Page::<OrderId>::read(query);
        let status = query.optional("status", |status| status.parse_with(read_status));
        let customer = query.optional("customer", |customer| {
            if sees_all { customer.parse_with(read_customer) } else { Err(not_for_customers(&customer)) }
        });
        Ok((page?, status?, customer?))
    })?;
    if sees_all {
        return of_all(request, &page, customer, status).await;
    }
    match request.principal().user() {
        Some(own) => own::list(request, &page, own, status).await,
        None => Err(Problem::forbidden("This needs the scope orders:read")),
    }
}

async fn of_all(
    request: &Admitted,
    page: &Page<OrderId>,
    customer: Option<UserId>,
    status: Option<Status>,
) -> Result<Reply, Problem> {
    let part = match (page.starting_after(), page.ending_before()) {
        (Some(id), _) => Part::After(id.as_uuid().to_string()),
        (None, Some(id)) => Part::Before(id.as_uuid().to_string()),
        (None, None) => Part::Beginning,
    };
    let filter = Filter {
        customer: customer.map(|customer| customer.as_uuid().to_string()),
        status: status.map(|status| status.as_str().to_owned()),
    };
    let orders = search(filter, part, page.limit() + 1).await.map_err(|error| match error {
        SearchError::Unavailable(cause) => Problem::unavailable(cause),
        SearchError::Other(cause) => Problem::internal(cause),
    })?;
    let (orders, has_more) = page.cut(orders);
    let items = orders.into_iter().map(item).collect::<Result<Vec<_>, _>>()?;
    Reply::list_json(request, page, &items, has_more)
}

fn item(order: Order) -> Result<(OrderId, Vec<u8>), Problem> {
    let id = Uuid::try_parse(&order.id).map_err(Problem::internal)?;
    Ok((OrderId::from_uuid(id), order.view))
}

fn read_status(text: &str) -> Result<Status, Invalid> {
    Status::ALL.iter().copied().find(|status| status.as_str() == text).ok_or_else(|| {
        let all: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
        Invalid::new(code::INVALID, format!("Status must be one of {}", all.join(", ")))
    })
}

fn read_customer(text: &str) -> Result<UserId, Invalid> {
    text.parse().map_err(|fault| Invalid::new(code::INVALID, format!("`customer` {fault}")))
}

/// For everybody else this filter is as unknown as any that does not exist.
fn not_for_customers(field: &Field<'_>) -> Faulted {
    field.fault(code::UNKNOWN_FIELD, "There is no query parameter `customer` here".to_owned())
}
