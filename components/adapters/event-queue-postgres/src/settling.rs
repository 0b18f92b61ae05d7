//! Settling what was taken.

use serde::Serialize;
use tradepost_postgres::{Failure, Parameter, Repeat};
use uuid::Uuid;

use crate::DATABASE;
use crate::ports::exports::tradepost::messaging::event_queue::{Consequence, Settlement};

/// A settlement as the function takes it.
#[derive(Serialize)]
struct ResultParameter<'a> {
    consumer: &'a str,
    partitionkey: &'a str,
    through: Option<i64>,
    error: Option<&'a str>,
    delay_milliseconds: Option<i32>,
    counts: bool,
    dead_letter_id: Option<&'a str>,
}

pub(crate) async fn settle(token: String, settlements: Vec<Settlement>) -> Result<u32, Failure> {
    let other = |error: &dyn std::fmt::Display| Failure::Other(error.to_string());
    let results: Vec<ResultParameter<'_>> = settlements.iter().map(result_parameter).collect();
    // Postgres would say so too, but about the whole array.
    for id in results.iter().filter_map(|result| result.dead_letter_id) {
        Uuid::try_parse(id).map_err(|error| other(&error))?;
    }
    let results = serde_json::to_string(&results).map_err(|error| other(&error))?;
    let statement = concat!("SELECT messaging.settle($1, $2::text::jsonb), ", without_waiting!());
    let parameters = vec![Parameter::Uuid(token), Parameter::Str(results)];
    // A second run finds that the lease is over.
    let row = DATABASE.query_optional(statement, parameters, Repeat::Safe).await?;
    let settled: i32 = row.ok_or_else(|| Failure::Other("no outcome".to_owned()))?.take()?;
    u32::try_from(settled).map_err(|error| other(&error))
}

fn result_parameter(settlement: &Settlement) -> ResultParameter<'_> {
    let result = ResultParameter {
        consumer: &settlement.consumer,
        partitionkey: &settlement.partitionkey,
        through: settlement.through,
        error: None,
        delay_milliseconds: None,
        counts: true,
        dead_letter_id: None,
    };
    let Some(failure) = &settlement.failure else { return result };
    let result = ResultParameter { error: Some(&failure.error), ..result };
    match &failure.consequence {
        Consequence::Retry(delay) => {
            ResultParameter { delay_milliseconds: Some(crate::integer(*delay)), ..result }
        }
        Consequence::RetryUncounted(delay) => {
            ResultParameter { delay_milliseconds: Some(crate::integer(*delay)), counts: false, ..result }
        }
        Consequence::SetAside(id) => ResultParameter { dead_letter_id: Some(id), ..result },
    }
}
