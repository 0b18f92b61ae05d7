//! `POST /orders/:order_id/returns`: pieces that were sent have come back, and what they cost is given back. `GET`: what came back, newest first.

use tradepost_endpoint::{Admitted, Page, Reply, Scope, endpoint, fresh_uuid, staff};
use tradepost_ids::ReturnId;
use tradepost_order_desk::{Answer, Desk};
use tradepost_ordering::{Command, RequestedPieces};
use tradepost_problem::Problem;

endpoint! {
    "/orders/:order_id/returns";
    POST (staff(Scope::OrdersWrite).after_key_value()) => take_back,
    GET (staff(Scope::OrdersRead).query(&["limit", "starting_after", "ending_before"])) => list,
}

async fn take_back(request: &Admitted) -> Result<Reply, Problem> {
    let desk = Desk::of(request, Scope::OrdersWrite)?;
    let body = request.json()?;
    let idempotency = request.idempotency(&body)?;
    let pieces = RequestedPieces::read(&body)?;
    let id = ReturnId::from_uuid(fresh_uuid());
    desk.perform(Command::Return { id, pieces }, idempotency, |order| {
        let created = order.returns.iter().find(|created| created.id == id);
        let created = created.ok_or_else(|| Problem::internal("what was created is not there"))?;
        Answer::created(format!("/orders/{}/returns", order.id), created)
    })
    .await
}

/// An order has few of them, and they are all loaded with it.
async fn list(request: &Admitted) -> Result<Reply, Problem> {
    let page = request.query(Page::<ReturnId>::read)?;
    let order = Desk::of(request, Scope::OrdersRead)?.order().await?;
    let all = order.returns.into_iter().map(|item| (item.id, item)).collect();
    let (items, has_more) = page.of_whole(all);
    Reply::list(request, &page, &items, has_more)
}
