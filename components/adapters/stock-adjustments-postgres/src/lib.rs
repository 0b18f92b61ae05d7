//! The port `stock-adjustments` on Postgres: the function `inventory.adjust_stock`.

use serde::Deserialize;
use tradepost_kept_answer::{Claim, claim, kept_answer, of_key, parameters};
use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::StockAdjustments;

    wit_bindgen::generate!({
        inline: "
            package tradepost:stock-adjustments-postgres;

            world component {
                export tradepost:inventory/stock-adjustments@0.1.0;
            }
        ",
        path: "../../../wit/inventory",
        generate_all,
    });

    export!(StockAdjustments);
}

use ports::exports::tradepost::inventory::stock_adjustments::{
    Adjusted, Adjustment, AdjustmentError, Guest, StockLevel,
};

const DATABASE: Database = Database::as_role("tradepost_inventory");

struct StockAdjustments;

impl Guest for StockAdjustments {
    async fn adjust(adjustment: Adjustment) -> Result<Adjusted, AdjustmentError> {
        // Under a key a second run finds the first one's level. Without one it would adjust again.
        let repeat = if adjustment.idempotency.is_some() { Repeat::Safe } else { Repeat::Never };
        let statement = concat!(
            "SELECT outcome, on_hand, reserved, status, location, body
             FROM inventory.adjust_stock($10, $11, $12, $13, $14::text::uuid, $15::text::uuid, $16, $17, ",
            kept_answer!(),
            ")"
        );
        let row = DATABASE.query_optional(statement, parameters_of(adjustment), repeat).await;
        let outcome =
            row.and_then(|row| outcome_of(row.ok_or_else(|| Failure::Other("no outcome".to_owned()))?));
        outcome.unwrap_or_else(|failure| match failure {
            Failure::Unavailable(reason) => Err(AdjustmentError::Unavailable(reason)),
            failure => Err(AdjustmentError::Other(failure.to_string())),
        })
    }
}

fn parameters_of(adjustment: Adjustment) -> Vec<Parameter> {
    // The status only fills its column: how a level is answered is the endpoint's business.
    let mut parameters = parameters(adjustment.idempotency.map(|idempotency| of_key!(idempotency, 201)));
    parameters.extend([
        Parameter::Str(adjustment.sku),
        Parameter::Int64(adjustment.delta),
        Parameter::Str(adjustment.reason),
        Parameter::Str(adjustment.actor),
        Parameter::Str(adjustment.event_id),
        Parameter::Str(adjustment.low_event_id),
        Parameter::Int64(adjustment.occurred_at),
        adjustment.traceparent.map_or(Parameter::DbNull, Parameter::Str),
    ]);
    parameters
}

fn outcome_of(mut row: Row) -> Result<Result<Adjusted, AdjustmentError>, Failure> {
    let outcome: String = row.take()?;
    let (on_hand, reserved): (Option<i64>, Option<i64>) = (row.take()?, row.take()?);
    let level = on_hand
        .zip(reserved)
        .map(|(on_hand, reserved)| StockLevel { on_hand, reserved })
        .ok_or_else(|| Failure::Other("an outcome without a level".to_owned()));
    match (claim(&outcome, &mut row)?, outcome.as_str()) {
        (Some(Claim::Replayed(kept)), _) => Ok(Ok(Adjusted::Before(kept_level(&kept.body)?))),
        (Some(Claim::Reused), _) => Ok(Err(AdjustmentError::KeyReused)),
        (None, "adjusted") => Ok(Ok(Adjusted::Now(level?))),
        (None, "not_found") => Ok(Err(AdjustmentError::NotFound)),
        (None, "insufficient") => Ok(Err(AdjustmentError::Insufficient(level?))),
        (None, "overflow") => Ok(Err(AdjustmentError::Overflow(level?))),
        (None, other) => Err(Failure::Other(format!("unknown outcome {other}"))),
    }
}

fn kept_level(body: &[u8]) -> Result<StockLevel, Failure> {
    #[derive(Deserialize)]
    struct KeptLevel {
        on_hand: i64,
        reserved: i64,
    }

    let KeptLevel { on_hand, reserved } = serde_json::from_slice(body)
        .map_err(|error| Failure::Other(format!("the kept level cannot be read: {error}")))?;
    Ok(StockLevel { on_hand, reserved })
}
