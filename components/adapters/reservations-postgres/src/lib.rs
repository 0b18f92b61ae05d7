//! The port `reservations` on Postgres: the functions `inventory.reserve_stock`, `inventory.settle_reservation` and
//! `inventory.expire_reservations`.

use serde::Deserialize;
use tradepost_ids::OrderId;
use tradepost_inventory::{Demand as Wanted, ReservationState};
use tradepost_postgres::{Database, Failure, Parameter, Repeat, Row};
use uuid::Uuid;

mod ports {
    #![expect(unsafe_code, clippy::same_length_and_capacity, reason = "generated")]

    use super::Reservations;

    wit_bindgen::generate!({
        inline: "
            package tradepost:reservations-postgres;

            world component {
                export tradepost:inventory/reservations@0.1.0;
            }
        ",
        path: "../../../wit/inventory",
        generate_all,
    });

    export!(Reservations);
}

use ports::exports::tradepost::inventory::reservations::{
    Decision, Demand, Guest, ReservationError, Settlement, SettlementError, ShortLine, State, Sweep,
};

const DATABASE: Database = Database::as_role("tradepost_inventory");

struct Reservations;

impl Guest for Reservations {
    async fn reserve(demand: Demand) -> Result<Decision, ReservationError> {
        let statement = "
            SELECT outcome, short::text, expires_at
            FROM inventory.reserve_stock($1::text::uuid, $2, $3::text[], $4::bigint[], $5::text[]::uuid[],
                                         $6::text::uuid, $7, $8, $9)";
        let parameters = demand_parameters(demand).map_err(ReservationError::Malformed)?;
        // An order's decision is made once, so a second run gets it.
        let row = DATABASE.query_optional(statement, parameters, Repeat::Safe).await;
        row.and_then(decision_of).map_err(reservation_error)
    }

    async fn commit(settlement: Settlement) -> Result<(), SettlementError> {
        settle(settlement, ReservationState::Committed).await
    }

    async fn release(settlement: Settlement) -> Result<(), SettlementError> {
        settle(settlement, ReservationState::Released).await
    }

    async fn expire_due(sweep: Sweep) -> Result<u64, ReservationError> {
        if !(1..=1_000).contains(&sweep.event_ids.len()) {
            return Err(ReservationError::Malformed("a sweep brings 1 to 1,000 event ids".to_owned()));
        }
        let ids = uuids(&sweep.event_ids).map_err(ReservationError::Malformed)?;
        let statement = "SELECT inventory.expire_reservations($1, $2::text[]::uuid[], $3)";
        let parameters = vec![
            Parameter::Int64(sweep.at),
            Parameter::ArrayStr(ids),
            sweep.traceparent.map_or(Parameter::DbNull, Parameter::Str),
        ];
        // A second run would tell of other reservations under the ids that the first one has used.
        let row = DATABASE.query_optional(statement, parameters, Repeat::Never).await;
        row.and_then(|row| {
            let expired: i64 = first(row)?.take()?;
            u64::try_from(expired).map_err(|error| Failure::Other(error.to_string()))
        })
        .map_err(reservation_error)
    }
}

fn demand_parameters(demand: Demand) -> Result<Vec<Parameter>, String> {
    let lines = demand.lines.into_iter().map(|line| (line.sku, line.quantity));
    let wanted = Wanted::of(lines).map_err(|error| error.to_string())?;
    let mut ids = uuids(&demand.event_ids)?.into_iter();
    let event_id = ids.next().flatten();
    let low_event_ids: Vec<_> = ids.take(wanted.iter().len()).collect();
    let (Some(event_id), true) = (event_id, low_event_ids.len() == wanted.iter().len()) else {
        return Err("there are fewer event ids than SKUs and one".to_owned());
    };
    let (skus, quantities) = wanted.iter().map(|(sku, pieces)| (Some(sku.to_owned()), Some(pieces))).unzip();
    Ok(vec![
        Parameter::Str(demand.order_id.clone()),
        Parameter::Str(OrderId::from_uuid(uuid(&demand.order_id)?).to_string()),
        Parameter::ArrayStr(skus),
        Parameter::ArrayInt64(quantities),
        Parameter::ArrayStr(low_event_ids),
        Parameter::Str(event_id),
        Parameter::Int64(demand.at),
        Parameter::Int64(demand.expires_at),
        demand.traceparent.map_or(Parameter::DbNull, Parameter::Str),
    ])
}

fn decision_of(row: Option<Row>) -> Result<Decision, Failure> {
    #[derive(Deserialize)]
    struct Short {
        sku: String,
        wanted: i64,
        available: i64,
    }

    let mut row = first(row)?;
    let (outcome, short): (String, Option<String>) = (row.take()?, row.take()?);
    let expires_at: Option<i64> = row.take()?;
    match (outcome.as_str(), expires_at, short) {
        ("reserved", Some(expires_at), _) => Ok(Decision::Reserved(expires_at)),
        ("rejected", _, Some(short)) => {
            let short: Vec<Short> = serde_json::from_str(&short)
                .map_err(|error| Failure::Other(format!("the short lines cannot be read: {error}")))?;
            let lines = short.into_iter().map(|Short { sku, wanted, available }| ShortLine {
                sku,
                wanted,
                available,
            });
            Ok(Decision::Rejected(lines.collect()))
        }
        (other, ..) => Err(Failure::Other(format!("unknown outcome {other}"))),
    }
}

async fn settle(settlement: Settlement, wanted: ReservationState) -> Result<(), SettlementError> {
    for id in [&settlement.order_id, &settlement.event_id] {
        uuid(id).map_err(SettlementError::Malformed)?;
    }
    let statement = "SELECT inventory.settle_reservation($1::text::uuid, $2, $3::text::uuid, $4, $5)";
    let parameters = vec![
        Parameter::Str(settlement.order_id),
        Parameter::Str(wanted.as_str().to_owned()),
        Parameter::Str(settlement.event_id),
        Parameter::Int64(settlement.at),
        settlement.traceparent.map_or(Parameter::DbNull, Parameter::Str),
    ];
    // Done before is done.
    let row = DATABASE.query_optional(statement, parameters, Repeat::Safe).await;
    let state: Result<Option<String>, Failure> = row.and_then(|row| first(row)?.take());
    match state {
        Ok(None) => Err(SettlementError::NotFound),
        Ok(Some(state)) => match state.parse::<ReservationState>() {
            Ok(state) if state == wanted => Ok(()),
            Ok(state) => Err(SettlementError::Illegal(of_port(state))),
            Err(_) => Err(SettlementError::Other(format!("unknown state {state}"))),
        },
        Err(Failure::Unavailable(reason)) => Err(SettlementError::Unavailable(reason)),
        Err(failure) => Err(SettlementError::Other(failure.to_string())),
    }
}

fn of_port(state: ReservationState) -> State {
    match state {
        ReservationState::Rejected => State::Rejected,
        ReservationState::Held => State::Held,
        ReservationState::Committed => State::Committed,
        ReservationState::Released => State::Released,
        ReservationState::Expired => State::Expired,
    }
}

fn reservation_error(failure: Failure) -> ReservationError {
    match failure {
        Failure::Unavailable(reason) => ReservationError::Unavailable(reason),
        failure => ReservationError::Other(failure.to_string()),
    }
}

fn first(row: Option<Row>) -> Result<Row, Failure> {
    row.ok_or_else(|| Failure::Other("no outcome".to_owned()))
}

fn uuid(text: &str) -> Result<Uuid, String> {
    Uuid::try_parse(text).map_err(|error| error.to_string())
}

/// As they are, once all of them have been found to be UUIDs.
fn uuids(texts: &[String]) -> Result<Vec<Option<String>>, String> {
    texts.iter().map(|text| uuid(text).map(|_| Some(text.clone()))).collect()
}
