//! Placing an order.
//!
//! One statement writes the order, its event for the other contexts, its head and the answer that is kept under the
//! idempotency key. What follows it, the view for the customer's next read, may get lost: a repeated request
//! brings it back.

use tradepost_endpoint::{Admitted, Idempotency, Reply, fresh_uuid, key_reused, now};
use tradepost_ids::OrderId;
use tradepost_money::Money;
use tradepost_order_access::owner;
use tradepost_order_entry::entry_of;
use tradepost_ordering::{Command, Draft, Order, PlaceOrder, Price, Refusal};
use tradepost_problem::{Code, Problem, success_body_from_json};

use crate::answer;
use crate::ports::tradepost::catalog::price_list::{self, PriceError};
use crate::ports::tradepost::ordering::order_journal::{
    self as journal, AppendError, Appended, IdempotencyScope, KeptAnswer, LoadError, ReplayedAnswer,
};

/// `POST /orders`.
pub(crate) async fn place(request: &Admitted) -> Result<Reply, Problem> {
    let body = request.json()?;
    let idempotency = request.required_idempotency(&body)?;
    let wanted = PlaceOrder::read(&body)?;
    let now = now();

    let prices = prices_of(&wanted).await?;
    let command = Command::Place { request: wanted, prices: &prices, owner: owner(request) };
    let id = OrderId::from_uuid(fresh_uuid());
    let mut draft = Draft::of(id, Order::default());
    if let Err(refusal) = draft.command(command, None, now) {
        // The order may have been placed when its products were still on sale.
        return match journal::find_answer(scope_of(&idempotency), idempotency.fingerprint)
            .await
            .map_err(load_problem)?
        {
            Some(answer) => Ok(answer::again(request, answer).await),
            None => Err(refused(&refusal)),
        };
    }

    let view = draft.view().ok_or_else(|| Problem::internal("the events make no order"))?;
    let view = serde_json::to_vec(&view)?;
    let answer = ReplayedAnswer {
        status: 201,
        location: Some(format!("/orders/{id}")),
        body: success_body_from_json(&view),
    };
    let entry = entry_of!(journal, &draft, request.actor(), Some(request.traceparent().into()))?;
    let kept = KeptAnswer {
        scope: scope_of(&idempotency),
        fingerprint: idempotency.fingerprint,
        status: answer.status,
        location: answer.location.clone(),
        body: answer.body.clone(),
        expires_at: idempotency.expires_at,
    };
    match journal::append(entry, Some(kept)).await {
        Ok(Appended::AtVersion(version)) => {
            tradepost_relay_kick::after_response();
            Ok(answer::first(request, id, version, view, answer).await)
        }
        // The adapter may have had to run the statement twice. What comes back then is this very order.
        Ok(Appended::Replayed(kept)) if kept.location == answer.location => {
            Ok(answer::first(request, id, draft.order().version(), view, kept).await)
        }
        Ok(Appended::Replayed(kept)) => Ok(answer::again(request, kept).await),
        Err(AppendError::KeyReused) => Err(key_reused()),
        // Nobody else knows the id that was made a moment ago.
        Err(AppendError::VersionConflict) => Err(Problem::internal("a new order's id is taken")),
        Err(AppendError::Unavailable(cause)) => Err(Problem::unavailable(cause)),
        Err(AppendError::Other(cause)) => Err(Problem::internal(cause)),
    }
}

fn scope_of(idempotency: &Idempotency) -> IdempotencyScope {
    IdempotencyScope {
        principal: idempotency.principal.clone(),
        method: idempotency.method.clone(),
        path: idempotency.path.clone(),
        key: idempotency.key.clone(),
    }
}

async fn prices_of(wanted: &PlaceOrder) -> Result<Vec<Price>, Problem> {
    let prices =
        price_list::prices(wanted.skus().map(str::to_owned).collect()).await.map_err(
            |error| match error {
                PriceError::Unavailable(cause) => Problem::unavailable(cause),
                PriceError::Other(cause) => Problem::internal(cause),
            },
        )?;
    prices
        .into_iter()
        .map(|price| {
            let currency = price.currency.parse().map_err(Problem::internal)?;
            Ok(Price { sku: price.sku, name: price.name, unit: Money::new(price.unit_amount, currency) })
        })
        .collect()
}

fn refused(refusal: &Refusal) -> Problem {
    let code = match refusal {
        Refusal::UnknownSkus(_) => Code::UnknownSku,
        Refusal::MixedCurrencies { .. } => Code::MixedCurrencies,
        Refusal::TotalTooLarge { .. } => Code::TotalTooLarge,
        Refusal::NoLines => Code::ValidationFailed,
        // The order is new, so it has no state in which it could be refused.
        Refusal::AlreadyPlaced { .. }
        | Refusal::NoOrder
        | Refusal::IllegalTransition { .. }
        | Refusal::Pieces(_)
        | Refusal::Damaged => Code::Conflict,
    };
    Problem::with_faults(code, refusal.faults())
}

fn load_problem(error: LoadError) -> Problem {
    match error {
        LoadError::Unavailable(cause) => Problem::unavailable(cause),
        LoadError::Other(cause) => Problem::internal(cause),
    }
}
