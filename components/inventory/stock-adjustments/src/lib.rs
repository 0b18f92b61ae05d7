//! `POST /stock/:sku/adjustments`: somebody counted, received or lost pieces.
//!
//! A product has a level as soon as its event has come here. Who adjusts before that has the event fetched.

use tradepost_catalog::Sku;
use tradepost_endpoint::{
    Admitted, Reply, Scope, endpoint, fresh_uuid, idempotency_of, key_reused, now, staff,
};
use tradepost_inventory::{Adjustment, Stock, StockLevel};
use tradepost_problem::{Code, Problem};
use tradepost_relay_kick::until_found;

mod ports {
    #![expect(clippy::same_length_and_capacity, reason = "generated")]

    wit_bindgen::generate!({
        inline: "
            package tradepost:inventory-stock-adjustments;

            world component {
                import tradepost:inventory/stock-adjustments@0.1.0;
            }
        ",
        path: "../../../wit/inventory",
        generate_all,
    });
}

use ports::tradepost::inventory::stock_adjustments::{
    self as adjustments, Adjusted, AdjustmentError, StockLevel as Level,
};

endpoint! {
    "/stock/:sku/adjustments";
    POST (staff(Scope::StockWrite)) => adjust,
}

async fn adjust(request: &Admitted) -> Result<Reply, Problem> {
    let sku: Sku =
        request.path_parameter("sku").and_then(|sku| sku.parse().ok()).ok_or_else(sku_not_found)?;
    let body = request.json()?;
    let idempotency = request.idempotency(&body)?;
    let Adjustment { delta, reason } = Adjustment::read(&body)?;

    let adjustment = adjustments::Adjustment {
        sku: sku.as_str().to_owned(),
        delta: delta.get(),
        reason,
        actor: request.actor().into_owned(),
        occurred_at: now().as_micros(),
        event_id: fresh_uuid().to_string(),
        low_event_id: fresh_uuid().to_string(),
        traceparent: Some(request.traceparent().into()),
        idempotency: idempotency.map(|idempotency| idempotency_of!(adjustments, idempotency)),
    };
    // A SKU that is not there was not adjusted, so trying again adjusts once.
    let adjusted = until_found(async || match adjustments::adjust(adjustment.clone()).await {
        Err(AdjustmentError::NotFound) => Ok(None),
        outcome => outcome.map(Some),
    })
    .await
    .map_err(|error| refused(&sku, delta.get(), error))?;
    match adjusted.ok_or_else(sku_not_found)? {
        Adjusted::Now(level) => {
            tradepost_relay_kick::after_response();
            created(sku, &level)
        }
        Adjusted::Before(level) => Ok(created(sku, &level)?.given_before()),
    }
}

fn created(sku: Sku, level: &Level) -> Result<Reply, Problem> {
    let level = StockLevel::new(level.on_hand, level.reserved)
        .ok_or_else(|| Problem::internal("the store's level is none"))?;
    let location = format!("/stock/{sku}");
    Reply::created(location, &Stock::new(sku.into_string(), level))
}

fn refused(sku: &Sku, delta: i64, error: AdjustmentError) -> Problem {
    match error {
        AdjustmentError::NotFound => sku_not_found(),
        AdjustmentError::Insufficient(level) => {
            let available = level.on_hand.saturating_sub(level.reserved);
            let detail = format!("{} of {sku} cannot go: {available} are available", delta.unsigned_abs());
            Problem::new(Code::InsufficientStock, detail).member("available", available)
        }
        AdjustmentError::Overflow(level) => {
            let detail = format!("{delta} of {sku} cannot come: {} are there", level.on_hand);
            Problem::new(Code::StockOverflow, detail).member("on_hand", level.on_hand)
        }
        AdjustmentError::KeyReused => key_reused(),
        AdjustmentError::Unavailable(cause) => Problem::unavailable(cause),
        AdjustmentError::Other(cause) => Problem::internal(cause),
    }
}

/// A malformed SKU is the SKU of nothing.
fn sku_not_found() -> Problem {
    Problem::not_found("SKU not found")
}
