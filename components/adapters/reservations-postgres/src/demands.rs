//! What is wanted, as the statement takes it, and what it decides.

use serde::Deserialize;
use tradepost_inventory::Demand as Wanted;
use tradepost_postgres::{Failure, Parameter, Row};

use crate::ports::exports::tradepost::inventory::reservations::{Decision, Demand, ShortLine};
use crate::{subject, uuid};

/// A column for each argument: of orders, and of all their lines.
#[derive(Default)]
struct Columns {
    order_ids: Vec<Option<String>>,
    subjects: Vec<Option<String>>,
    event_ids: Vec<Option<String>>,
    expire_at: Vec<Option<i64>>,
    traceparents: Vec<Option<String>>,
    numbers: Vec<Option<i32>>,
    skus: Vec<Option<String>>,
    quantities: Vec<Option<i64>>,
    low_event_ids: Vec<Option<String>>,
}

impl Columns {
    fn add(&mut self, number: i32, demand: Demand) -> Result<(), String> {
        let lines = demand.lines.into_iter().map(|line| (line.sku, line.quantity));
        let wanted = Wanted::of(lines).map_err(|error| error.to_string())?;
        for id in &demand.event_ids {
            uuid(id)?;
        }
        let mut event_ids = demand.event_ids.into_iter();
        let too_few = || "there are fewer event ids than SKUs and one".to_owned();
        self.event_ids.push(Some(event_ids.next().ok_or_else(too_few)?));
        self.subjects.push(Some(subject(&demand.order_id)?));
        self.order_ids.push(Some(demand.order_id));
        self.expire_at.push(Some(demand.expires_at));
        self.traceparents.push(demand.traceparent);
        for (sku, quantity) in wanted.iter() {
            self.numbers.push(Some(number));
            self.skus.push(Some(sku.to_owned()));
            self.quantities.push(Some(quantity));
            self.low_event_ids.push(Some(event_ids.next().ok_or_else(too_few)?));
        }
        Ok(())
    }
}

pub(crate) fn parameters(demands: Vec<Demand>, at: i64) -> Result<Vec<Parameter>, String> {
    let mut columns = Columns::default();
    for (number, demand) in (1..).zip(demands) {
        columns.add(number, demand)?;
    }
    Ok(vec![
        Parameter::ArrayStr(columns.order_ids),
        Parameter::ArrayStr(columns.subjects),
        Parameter::ArrayStr(columns.event_ids),
        Parameter::ArrayInt64(columns.expire_at),
        Parameter::ArrayStr(columns.traceparents),
        Parameter::ArrayInt32(columns.numbers),
        Parameter::ArrayStr(columns.skus),
        Parameter::ArrayInt64(columns.quantities),
        Parameter::ArrayStr(columns.low_event_ids),
        Parameter::Int64(at),
    ])
}

/// What one row of the outcome says.
pub(crate) fn decision(mut row: Row) -> Result<Decision, Failure> {
    #[derive(Deserialize)]
    struct Short {
        sku: String,
        wanted: i64,
        available: i64,
    }

    let (outcome, short): (String, Option<String>) = (row.take()?, row.take()?);
    let expires_at: i64 = row.take()?;
    match (outcome.as_str(), short) {
        ("reserved", _) => Ok(Decision::Reserved(expires_at)),
        ("ended", _) => Ok(Decision::Ended),
        ("rejected", Some(short)) => {
            let short: Vec<Short> = serde_json::from_str(&short)
                .map_err(|error| Failure::Other(format!("the short lines cannot be read: {error}")))?;
            let lines = short.into_iter().map(|Short { sku, wanted, available }| ShortLine {
                sku,
                wanted,
                available,
            });
            Ok(Decision::Rejected(lines.collect()))
        }
        (other, _) => Err(Failure::Other(format!("unknown outcome {other}"))),
    }
}
