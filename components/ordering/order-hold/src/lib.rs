//! `POST /orders/:order_id/hold`: an order is set aside until somebody has looked at it. `DELETE`: it goes on.

use tradepost_endpoint::{Admitted, Reply, Scope, endpoint, staff};
use tradepost_order_desk::{Answer, Desk};
use tradepost_ordering::{Command, Explanation, ReasonCode};
use tradepost_problem::Problem;

endpoint! {
    "/orders/:order_id/hold";
    POST (staff(Scope::OrdersWrite).after_key_value()) => hold,
    DELETE (staff(Scope::OrdersWrite).after_key_value()) => release,
}

async fn hold(request: &Admitted) -> Result<Reply, Problem> {
    let desk = Desk::of(request, Scope::OrdersWrite)?;
    let body = request.json()?;
    let idempotency = request.idempotency(&body)?;
    let Explanation { reason } = Explanation::read(&body)?;
    let command = Command::Hold { reason: ReasonCode::StaffRequest.with(reason) };
    desk.perform(command, idempotency, Answer::order).await
}

async fn release(request: &Admitted) -> Result<Reply, Problem> {
    Desk::of(request, Scope::OrdersWrite)?
        .perform(Command::Release { detail: None }, None, Answer::order)
        .await
}
