//! How reservations are to end, as the statement takes it, and what became of that.

use serde_json::{Value, json};
use tradepost_inventory::{Demand as Wanted, ReservationState};
use tradepost_postgres::{Failure, Parameter, Row};

use crate::ports::exports::tradepost::inventory::reservations::{Ending, Line, Settled, Settlement, State};
use crate::{subject, uuid};

/// A column for each argument.
#[derive(Default)]
struct Columns {
    order_ids: Vec<Option<String>>,
    subjects: Vec<Option<String>>,
    states: Vec<Option<String>>,
    lines: Vec<Option<String>>,
    cause_ids: Vec<Option<String>>,
    event_ids: Vec<Option<String>>,
    traceparents: Vec<Option<String>>,
}

impl Columns {
    fn add(&mut self, settlement: Settlement) -> Result<(), String> {
        for id in [&settlement.cause_id, &settlement.event_id] {
            uuid(id)?;
        }
        let (state, lines) = match settlement.ending {
            Ending::Commit => (ReservationState::Committed, None),
            Ending::Release(lines) => (ReservationState::Released, lines.map(as_json).transpose()?),
        };
        self.subjects.push(Some(subject(&settlement.order_id)?));
        self.order_ids.push(Some(settlement.order_id));
        self.states.push(Some(state.as_str().to_owned()));
        self.lines.push(lines);
        self.cause_ids.push(Some(settlement.cause_id));
        self.event_ids.push(Some(settlement.event_id));
        self.traceparents.push(settlement.traceparent);
        Ok(())
    }
}

fn as_json(lines: Vec<Line>) -> Result<String, String> {
    let wanted = Wanted::of(lines.into_iter().map(|line| (line.sku, line.quantity)))
        .map_err(|error| error.to_string())?;
    let lines = wanted.iter().map(|(sku, quantity)| json!({"sku": sku, "quantity": quantity}));
    Ok(Value::Array(lines.collect()).to_string())
}

pub(crate) fn parameters(settlements: Vec<Settlement>, at: i64) -> Result<Vec<Parameter>, String> {
    let mut columns = Columns::default();
    for settlement in settlements {
        columns.add(settlement)?;
    }
    Ok(vec![
        Parameter::ArrayStr(columns.order_ids),
        Parameter::ArrayStr(columns.subjects),
        Parameter::ArrayStr(columns.states),
        Parameter::ArrayStr(columns.lines),
        Parameter::ArrayStr(columns.cause_ids),
        Parameter::ArrayStr(columns.event_ids),
        Parameter::ArrayStr(columns.traceparents),
        Parameter::Int64(at),
    ])
}

/// What one row of the outcome says.
pub(crate) fn settled(mut row: Row) -> Result<Settled, Failure> {
    let outcome: String = row.take()?;
    Ok(match outcome.as_str() {
        "done" => Settled::Done,
        "restocked" => Settled::Restocked,
        "unknown" => Settled::Unknown,
        state => match state.parse() {
            Ok(ReservationState::Rejected) => Settled::TooLate(State::Rejected),
            Ok(ReservationState::Released) => Settled::TooLate(State::Released),
            Ok(ReservationState::Expired) => Settled::TooLate(State::Expired),
            _ => return Err(Failure::Other(format!("unknown outcome {state}"))),
        },
    })
}
