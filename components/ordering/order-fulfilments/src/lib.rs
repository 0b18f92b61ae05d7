//! `POST /orders/:order_id/fulfilments`: pieces of an order are sent, all that is open or some. `GET`: what was sent, newest first.

use tradepost_endpoint::{Admitted, Page, Reply, Scope, endpoint, fresh_uuid, staff};
use tradepost_ids::FulfilmentId;
use tradepost_order_desk::{Answer, Desk};
use tradepost_ordering::{Command, RequestedPieces};
use tradepost_problem::Problem;

endpoint! {
    "/orders/:order_id/fulfilments";
    POST (staff(Scope::OrdersWrite).after_key_value()) => fulfil,
    GET (staff(Scope::OrdersRead).query(&["limit", "starting_after", "ending_before"])) => list,
}

async fn fulfil(request: &Admitted) -> Result<Reply, Problem> {
    let desk = Desk::of(request, Scope::OrdersWrite)?;
    let body = request.json()?;
    let idempotency = request.idempotency(&body)?;
    let pieces = RequestedPieces::read(&body)?;
    let id = FulfilmentId::from_uuid(fresh_uuid());
    desk.perform(Command::Fulfil { id, pieces }, idempotency, |order| {
        let created = order.fulfilments.iter().find(|created| created.id == id);
        let created = created.ok_or_else(|| Problem::internal("what was created is not there"))?;
        Answer::created(format!("/orders/{}/fulfilments", order.id), created)
    })
    .await
}

/// An order has few of them, and they are all loaded with it.
async fn list(request: &Admitted) -> Result<Reply, Problem> {
    let page = request.query(Page::<FulfilmentId>::read)?;
    let order = Desk::of(request, Scope::OrdersRead)?.order().await?;
    let all = order.fulfilments.into_iter().map(|item| (item.id, item)).collect();
    let (items, has_more) = page.of_whole(all);
    Reply::list(request, &page, &items, has_more)
}
