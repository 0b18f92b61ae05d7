//! `POST /orders/:order_id/cancellation`: what is open of an order is called off. If it was paid, that is given back.

use tradepost_endpoint::{Admitted, Reply, Scope, endpoint, open};
use tradepost_order_desk::{Answer, Desk};
use tradepost_ordering::{Command, Explanation, ReasonCode};
use tradepost_problem::Problem;

endpoint! {
    "/orders/:order_id/cancellation";
    // A customer may call off his own order; a guest's may whoever has its id.
    POST (open().after_key_value()) => cancel,
}

async fn cancel(request: &Admitted) -> Result<Reply, Problem> {
    let desk = Desk::of(request, Scope::OrdersWrite)?;
    let body = request.json()?;
    let idempotency = request.idempotency(&body)?;
    let Explanation { reason } = Explanation::read(&body)?;
    // Staff who call off an order of their own do so with the right of staff.
    let is_staff = request.principal().may(Scope::OrdersWrite);
    let code = if is_staff { ReasonCode::StaffRequest } else { ReasonCode::CustomerRequest };
    desk.perform(Command::Cancel { reason: code.with(reason) }, idempotency, Answer::order).await
}
