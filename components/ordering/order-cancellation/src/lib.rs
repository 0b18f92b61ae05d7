//! `POST /orders/:order_id/cancellation`: what is open of an order is called off. If it was paid, that is given back.

use tradepost_endpoint::{Admitted, Principal, Reply, endpoint, open};
use tradepost_order_desk::{Answer, Desk};
use tradepost_ordering::{Command, Explanation, ReasonCode};
use tradepost_problem::Problem;

endpoint! {
    "/orders/:order_id/cancellation";
    // Whoever may see an order may call it off.
    POST (open().after_key_value()) => cancel,
}

async fn cancel(request: &Admitted) -> Result<Reply, Problem> {
    let desk = Desk::of(request)?;
    let body = request.json()?;
    let idempotency = request.idempotency(&body)?;
    let Explanation { reason } = Explanation::read(&body)?;
    let code = match request.principal() {
        Principal::Admin => ReasonCode::StaffRequest,
        Principal::Anonymous | Principal::Customer(_) => ReasonCode::CustomerRequest,
    };
    desk.perform(Command::Cancel { reason: code.with(reason) }, idempotency, Answer::order).await
}
